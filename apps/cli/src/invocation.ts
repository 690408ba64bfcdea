/** What a command may know of the process that runs it; tests give their own. */
export interface Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Colours on standard output. */
  readonly color: boolean;
  /** Standard output carries results and nothing else. */
  readonly print: (text: string) => void;
  /** One line on standard error that begins with the program's name: what went wrong. */
  readonly note: (line: string) => void;
  /** One plain line on standard error: what goes with the results but is not among them. */
  readonly say: (line: string) => void;
  readonly progress: Progress;
  /** Ends a command that only reads, with status 130 and no stack, when the user presses Ctrl-C. */
  readonly exitOnInterrupt: () => void;
}

/** One line that overwrites itself on a terminal; silent everywhere else. */
export interface Progress {
  readonly show: (line: string) => void;
  readonly clear: () => void;
}
