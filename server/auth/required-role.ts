import type { Role } from "./roles.ts";

/** The roles that guarded routes need, as `METHOD path`. A route without a line needs `admin`. */
export const REQUIRED_ROLES: Readonly<Record<string, Role>> = {
  "GET /experiments": "viewer",
  "GET /experiments/new": "editor",
  "POST /experiments/new": "editor",
  "POST /experiments/toggle": "editor",
  "POST /experiments/undo": "editor",
  "GET /experiments/history": "viewer",
  "GET /experiments/history/:number/revert": "editor",
  "POST /experiments/history/:number/revert": "editor",
  "GET /experiments/install": "viewer",
  "GET /experiments/install/visits": "viewer",
  "GET /experiments/calculator": "viewer",
  "GET /experiments/independence": "viewer",
  "GET /experiments/force": "viewer",
  "POST /experiments/force": "editor",
  "GET /experiments/settings": "viewer",
  "GET /experiments/settings/confirm": "admin",
  "POST /experiments/settings": "admin",
  "POST /experiments/settings/log-out": "admin",
  "GET /experiments/settings/access": "admin",
  "POST /experiments/settings/access": "admin",
  "POST /experiments/settings/access/revoke": "admin",
  "GET /experiments/:key": "viewer",
  "GET /experiments/:key/edit": "editor",
  "POST /experiments/:key/edit": "editor",
  "POST /experiments/:key/state": "editor",
  "POST /experiments/:key/delete": "editor",
  "GET /experiments/:key/results": "viewer",
  "GET /experiments/:key/results/live": "viewer",
  "POST /experiments/:key/exclusions": "editor",
  "GET /experiments/:key/links": "editor",
  "POST /experiments/:key/links": "editor",
  "POST /experiments/:key/links/revoke": "editor",
  "GET /experiments/:key/rehearsal": "viewer",
  "POST /experiments/:key/rehearse": "editor",
  "GET /experiments/:key/history": "viewer",
  "GET /api/admin/experiments": "viewer",
  "POST /api/admin/experiments": "editor",
  "GET /api/admin/experiments/:key": "viewer",
  "PUT /api/admin/experiments/:key": "editor",
  "DELETE /api/admin/experiments/:key": "editor",
  "GET /api/admin/experiments/:key/results": "viewer",
  "GET /api/admin/experiments/:key/links": "editor",
  "POST /api/admin/experiments/:key/links": "editor",
  "DELETE /api/admin/experiments/:key/links/:id": "editor",
  "POST /api/admin/experiments/:key/impact": "viewer",
  "POST /api/admin/experiments/:key/revert": "editor",
  "POST /api/admin/experiments/:key/rehearsals": "editor",
  "GET /api/admin/experiments/:key/rehearsals/:id/events": "editor",
  "GET /api/admin/experiments/:key/rehearsal": "viewer",
  "PUT /api/admin/experiments/:key/rehearsal": "editor",
  "GET /api/admin/settings": "viewer",
  "PUT /api/admin/settings": "admin",
  "GET /api/admin/tokens": "admin",
  "POST /api/admin/tokens": "admin",
  "DELETE /api/admin/tokens/:name": "admin",
  "GET /api/admin/history": "viewer",
  "GET /api/admin/explain": "viewer",
  "GET /api/admin/export.ndjson": "editor",
  "POST /api/admin/runs": "editor",
  "GET /events": "editor",
  "GET /metrics": "viewer",
  "GET /docs": "viewer",
  "GET /openapi.json": "viewer",
  "POST /openapi.json": "viewer",
  "POST /logout": "viewer",
  "GET /compat/registry/api/v1/experiments/results": "viewer",
  "GET /compat/registry/api/admin/experiments": "viewer",
  "PUT /compat/registry/api/admin/experiments/:key": "editor",
  "POST /compat/django/api/experiments/": "editor",
  "PUT /compat/django/api/experiments/:id/": "editor",
  "PATCH /compat/django/api/experiments/:id/": "editor",
  "DELETE /compat/django/api/experiments/:id/": "editor",
};

const PATTERNS = Object.entries(REQUIRED_ROLES).map(([route, role]) => {
  const [method, path = ""] = route.split(" ");
  const segments = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replace(/[.\\]/g, "\\$&")));
  return { method, pattern: new RegExp(`^${segments.join("/")}$`), role };
});

/** The role that a request needs. The first line that matches decides. */
export function requiredRole(method: string, path: string): Role {
  const asked = method === "HEAD" ? "GET" : method;
  return PATTERNS.find((known) => known.method === asked && known.pattern.test(path))?.role ?? "admin";
}
