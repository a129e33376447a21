"""Base job templates of our own, for the kinds of workers that are most used."""

from typing import Any

Json = dict[str, Any]


def _text(title: str, description: str, **more: Any) -> Json:
    return {"title": title, "description": description, "type": "string", **more}


def _whole(title: str, description: str, **more: Any) -> Json:
    return {"title": title, "description": description, "type": "integer", **more}


def _switch(title: str, description: str, *, default: bool) -> Json:
    return {"title": title, "description": description, "type": "boolean", "default": default}


def _texts(title: str, description: str) -> Json:
    return {"title": title, "description": description, "type": "array", "items": {"type": "string"}}


def _pairs(title: str, description: str) -> Json:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": {"type": "string"},
    }


def _object(title: str, description: str) -> Json:
    return {"title": title, "description": description, "type": "object"}


_SHARED: Json = {
    "name": _text("Name", "What the infrastructure of a run is called, where it can have a name"),
    "env": _pairs("Environment Variables", "Environment variables of the run's process"),
    "labels": _pairs("Labels", "Labels put on the infrastructure of a run, where it can have any"),
    "command": _text("Command", "What is started; leave it out unless you must start a run in your own way"),
}
_OUTPUT = _switch("Stream Output", "Repeat what the run prints in the worker's own output", default=True)

_PROCESS: Json = {
    **_SHARED,
    "stream_output": _OUTPUT,
    "working_dir": _text(
        "Working Directory", "Where the process is started; a fresh directory unless given", format="path"
    ),
}

_DOCKER: Json = {
    **_SHARED,
    "image": _text("Image", "The image that containers are made of", example="prefecthq/prefect:3-latest"),
    "registry_credentials": _object("Registry Credentials", "What a private registry asks for"),
    "image_pull_policy": _text(
        "Image Pull Policy", "When the image is pulled", enum=["IfNotPresent", "Always", "IfPossible", "Never"]
    ),
    "networks": _texts("Networks", "Networks that a container is attached to"),
    "network_mode": _text("Network Mode", "The network mode of a container, instead of networks"),
    "auto_remove": _switch("Auto Remove", "Remove a container when it ends", default=False),
    "volumes": _texts("Volumes", "Volumes to mount, each as source:target"),
    "stream_output": _OUTPUT,
    "mem_limit": _text("Memory Limit", "The most memory that a container may use, such as 512m"),
    "memswap_limit": _text("Memory Swap Limit", "The most memory and swap together, such as 1g"),
    "privileged": _switch("Privileged", "Give a container extended privileges", default=False),
}

_KUBERNETES: Json = {
    **_SHARED,
    "namespace": _text("Namespace", "The namespace that jobs are made in", default="default"),
    "image": _text("Image", "The image that pods are made of", example="prefecthq/prefect:3-latest"),
    "image_pull_policy": _text(
        "Image Pull Policy",
        "When the image is pulled",
        default="IfNotPresent",
        enum=["IfNotPresent", "Always", "Never"],
    ),
    "service_account_name": _text("Service Account Name", "The account that pods act as"),
    "finished_job_ttl": _whole("Finished Job TTL", "Seconds after which an ended job is removed"),
    "job_watch_timeout_seconds": _whole("Job Watch Timeout Seconds", "Seconds to wait for a job to end"),
    "pod_watch_timeout_seconds": _whole("Pod Watch Timeout Seconds", "Seconds to wait for a pod to start", default=60),
    "stream_output": _OUTPUT,
    "cluster_config": _object("Cluster Config", "How to reach the cluster, unless the worker runs in it"),
    "cpu_request": _text("CPU Request", "The CPU that a pod is promised, such as 500m"),
    "cpu_limit": _text("CPU Limit", "The most CPU that a pod may use"),
    "memory_request": _text("Memory Request", "The memory that a pod is promised, such as 256Mi"),
    "memory_limit": _text("Memory Limit", "The most memory that a pod may use"),
}

_CONTAINER: Json = {
    "name": "run",
    "image": "{{ image }}",
    "imagePullPolicy": "{{ image_pull_policy }}",
    "args": "{{ command }}",
    "env": "{{ env }}",
    "resources": {
        "requests": {"cpu": "{{ cpu_request }}", "memory": "{{ memory_request }}"},
        "limits": {"cpu": "{{ cpu_limit }}", "memory": "{{ memory_limit }}"},
    },
}
_JOB: Json = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"generateName": "{{ name }}-", "namespace": "{{ namespace }}", "labels": "{{ labels }}"},
    "spec": {
        "backoffLimit": 0,
        "parallelism": 1,
        "completions": 1,
        "ttlSecondsAfterFinished": "{{ finished_job_ttl }}",
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "{{ service_account_name }}",
                "containers": [_CONTAINER],
            }
        },
    },
}


def _passed_on(variables: Json) -> Json:
    return {name: "{{ " + name + " }}" for name in variables}


def _worker(kind: str, shown: str, description: str, install: str, configuration: Json, variables: Json) -> Json:
    return {
        "type": kind,
        "display_name": shown,
        "description": description,
        "install_command": install,
        "is_beta": False,
        "logo_url": "",
        "documentation_url": "",
        "default_base_job_configuration": {
            "job_configuration": configuration,
            "variables": {"type": "object", "properties": variables},
        },
    }


def _kubernetes_job() -> Json:
    outside = ("name", "env", "labels", "command", "namespace", "cluster_config", "stream_output")
    waits = ("job_watch_timeout_seconds", "pod_watch_timeout_seconds")
    return {**_passed_on(dict.fromkeys((*outside, *waits))), "job_manifest": _JOB}


OWN_WORKERS: Json = {
    "prefect": {
        "process": _worker(
            "process",
            "Process",
            "Carries out runs as processes beside the worker: the quickest way to begin.",
            "pip install prefect",
            _passed_on(_PROCESS),
            _PROCESS,
        )
    },
    "prefect-docker": {
        "docker": _worker(
            "docker",
            "Docker",
            "Carries out each run in a container of its own.",
            "pip install prefect-docker",
            _passed_on(_DOCKER),
            _DOCKER,
        )
    },
    "prefect-kubernetes": {
        "kubernetes": _worker(
            "kubernetes",
            "Kubernetes",
            "Carries out each run as a job of a cluster.",
            "pip install prefect-kubernetes",
            _kubernetes_job(),
            _KUBERNETES,
        )
    },
}
"""By collection, then by the worker's type."""
