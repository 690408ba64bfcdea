/** What the process ends with; documented in the README. */
export const exitStatus = {
  assessed: 0,
  failOnReached: 1,
  wrongUse: 2,
  incomplete: 3,
  noAdvisories: 4,
  /** By Ctrl-C, as a shell reports it. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** Where several hold, the first of these is the answer. */
const precedence = [
  exitStatus.interrupted,
  exitStatus.wrongUse,
  exitStatus.noAdvisories,
  exitStatus.incomplete,
  exitStatus.failOnReached,
] as const satisfies readonly ExitStatus[];

export function decisiveStatus(statuses: readonly ExitStatus[]): ExitStatus {
  return precedence.find((status) => statuses.includes(status)) ?? exitStatus.assessed;
}

/** The command cannot be carried out as it was given: one line for the user, exit status 2. */
export class WrongUseError extends Error {}
