/** Stable; the portal words them. */
export const downloadFailureCodes = ['unreachable', 'busy', 'denied', 'not-found', 'bad-answer', 'redirect-refused', 'too-large', 'wrong-type', 'cut', 'checksum', 'timed-out'] as const;
export type DownloadFailureCode = (typeof downloadFailureCodes)[number];

export interface DownloadFailure {
  readonly code: DownloadFailureCode;
  /** One line, without credentials. */
  readonly detail: string;
}
