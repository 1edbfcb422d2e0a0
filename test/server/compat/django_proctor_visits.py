"""Visits of a Django application that asks for its groups by django-proctor.

Reads {"root", "tests", "users", "isLazy"} from standard input, and prints for each user the groups,
values and payloads as request.proc has them, its text, and the text of a forced visit.
"""
import json
import sys

import django
from django.conf import settings

asked = json.load(sys.stdin)
settings.configure(
    ALLOWED_HOSTS=["*"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    PROCTOR_API_ROOT=asked["root"],
    PROCTOR_TESTS=asked["tests"],
    PROCTOR_CACHE_METHOD="cache",
    PROCTOR_LAZY=asked["isLazy"],
    SECRET_KEY="for tests",
)
django.setup()

from django.test import RequestFactory  # noqa: E402
from proctor import api, matrix  # noqa: E402
from proctor.identify import proc_by_accountid  # noqa: E402
from proctor.middleware import BaseProctorMiddleware  # noqa: E402


class Middleware(BaseProctorMiddleware):
    def get_identifiers(self, request):
        return {"USER": request.GET["user"]}

    def get_context(self, request):
        return {"country": request.GET.get("country", "US")}

    def is_privileged(self, request):
        return "prforceGroups" in request.GET


middleware = Middleware()
requests = RequestFactory()


def proc_of(**query):
    request = requests.get("/", query)
    middleware.process_request(request)
    return request.proc


def assignments(proc):
    found = {test: getattr(proc, test) for test in asked["tests"]}
    return {test: [one.group, one.value, one.payload] for test, one in found.items()}


visits = []
for user in asked["users"]:
    proc = proc_of(user=user)
    visits.append({"user": user, "text": str(proc), "groups": assignments(proc)})
forced = asked["tests"][0] + "1"
parameters = api.ProctorParameters(asked["root"], asked["tests"], {}, {}, None)
print(json.dumps({
    "visits": visits,
    "again": [str(proc_of(user=user)) for user in asked["users"]],
    "forced": str(proc_of(user=asked["users"][0], prforceGroups=forced)),
    "account": str(proc_by_accountid("a1")),
    "matrix": matrix.identify_matrix(parameters),
}))
