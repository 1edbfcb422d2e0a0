import type { Problem } from "../../../core/parse.ts";
import type { NamedToken } from "../../auth/named-tokens.ts";
import { ROLE_WORDS, ROLES, type Role } from "../../auth/roles.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { problemWords } from "../ui/errors.tsx";
import { Layout } from "../ui/layout.tsx";
import { Notice } from "../ui/notice.tsx";
import { Time } from "../ui/time.tsx";

export interface AccessProps {
  readonly tokens: readonly NamedToken[];
  /** The form of a new token as submitted. */
  readonly form: { readonly name: string; readonly role: string };
  readonly problems: readonly Problem[];
  /** The token that was just made; this page alone shows it. */
  readonly created?: { readonly token: string; readonly name: string; readonly role: Role };
}

/** Page of the named tokens with their roles. */
export function AccessPage({ tokens, form, problems, created }: AccessProps) {
  return (
    <Layout title="Access" section="settings">
      <h1>Access</h1>
      <p>
        The admin token may do everything. Give others a token of their own: people log in with it, programs send it as{" "}
        <code>Authorization: Bearer …</code>, and the history names it.
      </p>
      {created && (
        <Notice>
          <p>
            This is the token of {created.name} ({created.role}). It is shown once: copy it now. The server keeps only
            its hash.
          </p>
          <CodeBox id="new-token" code={created.token} name="Token" />
        </Notice>
      )}
      <section class="card" aria-labelledby="tokens">
        <h2 id="tokens">Tokens</h2>
        {tokens.length === 0 && <p>There is none yet.</p>}
        <ul class="grants">
          {tokens.map(({ name, role, createdAt, createdBy }) => (
            <li>
              <strong>{name}</strong>
              <span>{role}</span>
              <span class="detail">
                <Time at={createdAt} /> by {createdBy}
              </span>
              <form method="post" action="/experiments/settings/access/revoke">
                <CsrfField />
                <input type="hidden" name="name" value={name} />
                <button type="submit" class="danger" aria-label={`Revoke the token of ${name}`}>
                  Revoke
                </button>
              </form>
            </li>
          ))}
        </ul>
      </section>
      <NewToken form={form} problems={problems} />
      <p>
        <a href="/experiments/settings">Settings</a>
      </p>
    </Layout>
  );
}

function NewToken({ form, problems }: Pick<AccessProps, "form" | "problems">) {
  const about = (field: string) => problems.find((problem) => problem.field === field);
  const [name, role] = [about("name"), about("role")];
  return (
    <section class="card" aria-labelledby="new">
      <h2 id="new">New token</h2>
      <form method="post" action="/experiments/settings/access">
        <CsrfField />
        {problems.length > 0 && (
          <div class="errors" role="alert">
            <h2>Nothing was changed.</h2>
            <ul>
              {name && (
                <li>
                  <a href="#name">Name: {problemWords(name)}</a>
                </li>
              )}
              {role && (
                <li>
                  <a href="#role-viewer">Role: {problemWords(role)}</a>
                </li>
              )}
            </ul>
          </div>
        )}
        <div class="field">
          <label for="name">Name</label>
          <input
            id="name"
            name="name"
            maxlength={64}
            required
            autocomplete="off"
            value={form.name}
            aria-describedby="name-hint"
            aria-invalid={name ? "true" : undefined}
          />
          <p class="hint" id="name-hint">
            Of a person or a program, such as Ada or shop-backend.
          </p>
        </div>
        <fieldset>
          <legend>Role</legend>
          {ROLES.map((one) => (
            <p class="choice">
              <input id={`role-${one}`} type="radio" name="role" value={one} checked={one === form.role} />
              <label for={`role-${one}`}>
                {one}: {ROLE_WORDS[one]}
              </label>
            </p>
          ))}
        </fieldset>
        <button type="submit" class="primary">
          Create the token
        </button>
      </form>
    </section>
  );
}
