import { Layout } from "../../admin/ui/layout.tsx";
import type { openApiDocument, Section } from "./document.ts";
import type { Answer, Operation } from "./operation.ts";

interface Props {
  readonly sections: readonly Section[];
  readonly document: ReturnType<typeof openApiDocument>;
}

/** The API as a page: every route with parameters and answers, and every schema. */
export function ApiPage({ sections, document }: Props) {
  const { schemas } = document.components;
  return (
    <Layout title="API" section="docs">
      <h1>API</h1>
      <p>
        The same for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI {document.openapi}). Errors are problem
        details (RFC 9457). A version comes as <code>ETag</code> and goes back as <code>If-Match</code>.
      </p>
      <nav class="api-contents" aria-label="On this page">
        <ul>
          {sections.map(({ name }) => (
            <li>
              <a href={`#${name}`}>{name}</a>
            </li>
          ))}
          <li>
            <a href="#Schemas">Schemas</a>
          </li>
        </ul>
      </nav>
      {sections.map(({ name, about, operations }) => (
        <section class="api" aria-labelledby={name}>
          <h2 id={name}>{name}</h2>
          <p class="detail">{about}</p>
          {operations.map((operation) => (
            <OperationPart operation={operation} />
          ))}
        </section>
      ))}
      <section class="api" aria-labelledby="Schemas">
        <h2 id="Schemas">Schemas</h2>
        {Object.entries(schemas).map(([name, schema]) => (
          <details id={`schema-${name}`}>
            <summary>{name}</summary>
            <section tabindex={0} aria-label={`Schema of ${name}`}>
              <pre>
                <code>{JSON.stringify(schema, null, 2)}</code>
              </pre>
            </section>
          </details>
        ))}
      </section>
    </Layout>
  );
}

function OperationPart({ operation }: { operation: Operation }) {
  const { method, path, summary, description, query = {}, headers = {}, body, answers } = operation;
  return (
    <details>
      <summary>
        <code>
          {method.toUpperCase()} {path}
        </code>{" "}
        {summary}
      </summary>
      {description && (
        <p>
          <Words text={description} />
        </p>
      )}
      <dl>
        <Terms title="Query" terms={Object.entries(query)} />
        <Terms title="Headers" terms={Object.entries(headers)} />
        {body && (
          <div>
            <dt>Body</dt>
            <dd>
              {body.types.join(" or ")}
              {body.schema && (
                <>
                  : <SchemaLink name={body.schema} />
                  {body.isList && ", or up to 100 of them"}
                </>
              )}
              {body.form && (
                <>
                  {" with "}
                  {body.form.map((field, index) => (
                    <>
                      {index > 0 && ", "}
                      <code>{field}</code>
                    </>
                  ))}
                </>
              )}
            </dd>
          </div>
        )}
        {Object.entries(answers).map(([status, answer]) => (
          <div>
            <dt>{status}</dt>
            <dd>
              <Words text={answer.description} /> <AnswerSchema answer={answer} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Text whose parts between backticks are code, as in the document's CommonMark. */
function Words({ text }: { text: string }) {
  return <>{text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>;
}

function Terms({ title, terms }: { title: string; terms: readonly (readonly [name: string, about: string])[] }) {
  if (terms.length === 0) return null;
  return (
    <div>
      <dt>{title}</dt>
      {terms.map(([name, about]) => (
        <dd>
          <code>{name}</code> <Words text={about} />
        </dd>
      ))}
    </div>
  );
}

function AnswerSchema({ answer: { schema, type } }: { answer: Answer }) {
  if (schema === undefined) return type === undefined ? null : <span class="detail">{type}</span>;
  if (typeof schema === "string") return <SchemaLink name={schema} />;
  return "each" in schema ? (
    <>
      By key: <SchemaLink name={schema.each} />
    </>
  ) : (
    <>
      A list of <SchemaLink name={schema[0]} />
    </>
  );
}

function SchemaLink({ name }: { name: string }) {
  return <a href={`#schema-${name}`}>{name}</a>;
}
