/** What a command may know of the process that runs it; tests give their own. */
export interface Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Colours on standard output. */
  readonly color: boolean;
  /** Standard output carries results and nothing else. */
  readonly print: (text: string) => void;
  /** One line on standard error that begins with the program's name: what went wrong. */
  readonly note: (line: string) => void;
  /** One plain line on standard error: what goes with the results but is not among them. */
  readonly say: (line: string) => void;
  readonly progress: Progress;
  /** Ends a command that only reads or watches, with status 130 and no stack, when the user presses Ctrl-C. */
  readonly exitOnInterrupt: (lastLine?: string) => void;
  /** For a command that has something to put away first: aborted by Ctrl-C; a second one ends the process at once. */
  readonly abortOnInterrupt: () => AbortSignal;
}

/** One line that overwrites itself on a terminal; silent everywhere else. */
export interface Progress {
  readonly show: (line: string) => void;
  readonly clear: () => void;
}
