import { Layout } from "./layout.tsx";

interface Props {
  readonly title: string;
  readonly detail: string;
  readonly isLoginNeeded?: boolean;
}

/** Tells a person why a request was rejected, and what to do next. */
export function ErrorPage({ title, detail, isLoginNeeded = false }: Props) {
  const heading = isLoginNeeded ? "You are not logged in" : title;
  return (
    <Layout title={heading}>
      <h1>{heading}</h1>
      <p role="alert">
        {isLoginNeeded
          ? "Nothing was changed: this browser is not logged in, or not any more. Log in and send the form again."
          : `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`}
      </p>
      <p>{isLoginNeeded ? <a href="/login">Log in</a> : <a href="/experiments">Go to the experiments</a>}</p>
    </Layout>
  );
}
