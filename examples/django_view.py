"""A view that starts processes and one that lists them, in a project of one file.

Run it with a cluster's credentials in the environment: `python examples/django_view.py runserver --noreload 8000`.
"""

import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from c8py import Camunda
from c8py.models.process_instance import ProcessInstanceFilter

MODEL = Path(__file__).with_name("order.bpmn")

# One client for all threads of this process: it keeps its connections and its token, and survives a fork.
camunda = Camunda.from_env()


@csrf_exempt
@require_POST
def place(request: HttpRequest) -> JsonResponse:
    """Start a process with the posted JSON as its variables."""
    started = camunda.start("order", variables=json.loads(request.body))
    return JsonResponse({"key": started.process_instance_key}, status=201)


@require_GET
def listed(_request: HttpRequest) -> JsonResponse:
    """The newest orders that are under way."""
    found = camunda.process_instances.search(
        filter=ProcessInstanceFilter(process_definition_id="order", state="ACTIVE"), sort=["-startDate"], limit=20
    )
    return JsonResponse({"orders": [{"key": one.process_instance_key, "since": one.start_date} for one in found.items]})


urlpatterns = [path("orders", listed), path("orders/new", place)]

if __name__ == "__main__":
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1"], SECRET_KEY="for this example")
    camunda.deploy(MODEL)
    execute_from_command_line(sys.argv)
