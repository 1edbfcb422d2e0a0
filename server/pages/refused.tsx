import { Layout } from "./layout.tsx";

interface Props {
  readonly title: string;
  readonly detail: string;
  readonly isLoginNeeded: boolean;
}

/** Says why a request was refused, and how to go on. */
export function RefusedPage({ title, detail, isLoginNeeded }: Props) {
  return (
    <Layout title={title} isDemo={false} csrf={null}>
      <h1>{title}</h1>
      <p role="alert">{detail.charAt(0).toUpperCase() + detail.slice(1)}.</p>
      <p>{isLoginNeeded ? <a href="/login">Log in</a> : <a href="/experiments">Go to the experiments</a>}</p>
    </Layout>
  );
}
