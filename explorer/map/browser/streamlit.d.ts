/** Arguments that Streamlit passes to the default export of a component. */
export interface ComponentArguments<Data> {
  parentElement: HTMLElement | ShadowRoot;
  data: Data;
  /** Set a value that the server keeps until it is set again. */
  setStateValue(name: string, value: unknown): void;
  /** Set a value that the server gets for one run. */
  setTriggerValue(name: string, value: unknown): void;
}
