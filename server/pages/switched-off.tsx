import { Layout } from "./layout.tsx";

/** In the place of every page of experiments, while the global switch is off. */
export function SwitchedOffPage({ isDemo, csrf }: { isDemo: boolean; csrf: string }) {
  return (
    <Layout title="Switched off" isDemo={isDemo} csrf={csrf}>
      <h1>Experiments are switched off</h1>
      <p>
        The global switch is off: visitors see what the pages themselves say, and nothing is counted. The experiments
        are kept as they are.
      </p>
      <p>
        <a href="/experiments/settings">Go to the settings to switch them on</a>
      </p>
    </Layout>
  );
}
