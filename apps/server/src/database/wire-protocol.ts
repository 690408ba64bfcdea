/**
 * The few parts of PostgreSQL's frontend/backend protocol 3.0 that the gateway must know:
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** One message: type byte, Int32 length that counts itself and the body, body. */
export function wireMessage(type: string, body: string | Uint8Array = ''): Buffer {
  const message = Buffer.concat([Buffer.from(`${type}\0\0\0\0`, 'latin1'), typeof body === 'string' ? Buffer.from(body) : body]);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

export const sync = wireMessage('S');
export const flush = wireMessage('H');

/** ReadyForQuery's status byte `I`: idle, outside a transaction. */
export const idleStatus = 0x49;

export function simpleQuery(sql: string): Buffer {
  return wireMessage('Q', `${sql}\0`);
}

export function fatalError(sqlState: string, text: string): Buffer {
  return wireMessage('E', `SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`);
}

/**
 * PGlite waits for ever for the data of a `COPY … FROM STDIN`. A CopyFail behind each statement ends it with 57014,
 * and the server ignores the message where no COPY runs (protocol, "COPY Operations").
 */
const endOfCopy = wireMessage('f', 'COPY FROM STDIN needs an external PostgreSQL\0');
const dropped = new Set(['d', 'c', 'f', 'X']);
const endsBatch = new Set(['startup', 'Q', 'S', 'F', 'H']);

/** Collects one client's bytes into batches that the server answers as a whole: up to Query, Sync, FunctionCall or Flush. */
export class FrontendBatches {
  #unread: Buffer = Buffer.alloc(0);
  #batch: Buffer[] = [];
  #started = false;

  /** `terminated`: the client said goodbye, or sent what is no message of the protocol. */
  feed(bytes: Uint8Array): { readonly batches: readonly Buffer[]; readonly terminated: boolean } {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    const batches: Buffer[] = [];
    let terminated = false;
    for (;;) {
      // the startup message alone has no type byte
      const headerLength = this.#started ? 1 : 0;
      if (this.#unread.length < headerLength + 4) break;
      const bodyLength = this.#unread.readInt32BE(headerLength);
      if (bodyLength < 4) return { batches, terminated: true };
      if (this.#unread.length < headerLength + bodyLength) break;
      const message = this.#unread.subarray(0, headerLength + bodyLength);
      this.#unread = this.#unread.subarray(message.length);
      const type = this.#started ? message.toString('latin1', 0, 1) : 'startup';
      this.#started = true;
      if (type === 'X') terminated = true;
      if (!dropped.has(type)) this.#add(type, message, batches);
    }
    return { batches, terminated };
  }

  #add(type: string, message: Buffer, batches: Buffer[]): void {
    if (type === 'S') this.#batch.push(endOfCopy);
    this.#batch.push(message);
    if (type === 'Q') this.#batch.push(endOfCopy);
    if (endsBatch.has(type)) batches.push(Buffer.concat(this.#batch.splice(0)));
  }
}

const notification = 0x41; // 'A'
const readyForQuery = 0x5a; // 'Z'

/** Walks the server's answer, which comes in pieces cut anywhere, and notes the two messages that concern the gateway. */
export class BackendFrames {
  /** Status byte of the last ReadyForQuery; undefined while none has come. */
  status: number | undefined;
  readonly #onNotification: (body: Buffer) => void;
  #headerBytes = 0;
  #type = 0;
  #remaining = 0;
  #kept: Uint8Array[] = [];

  constructor(onNotification: (body: Buffer) => void) {
    this.#onNotification = onNotification;
  }

  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerBytes < 5) {
        this.#readHeader(bytes[at] ?? 0);
        at += 1;
      } else {
        const length = Math.min(this.#remaining, bytes.length - at);
        if (this.#isKept()) this.#kept.push(bytes.slice(at, at + length));
        this.#remaining -= length;
        at += length;
      }
      if (this.#headerBytes === 5 && this.#remaining === 0) this.#endFrame();
    }
  }

  #readHeader(byte: number): void {
    if (this.#headerBytes === 0) this.#type = byte;
    else this.#remaining = this.#remaining * 256 + byte;
    this.#headerBytes += 1;
    if (this.#headerBytes === 5) this.#remaining -= 4;
  }

  #isKept(): boolean {
    return this.#type === notification || this.#type === readyForQuery;
  }

  #endFrame(): void {
    if (this.#isKept()) {
      const body = Buffer.concat(this.#kept.splice(0));
      if (this.#type === readyForQuery) this.status = body[0];
      else this.#onNotification(body);
    }
    this.#headerBytes = 0;
    this.#remaining = 0;
  }
}
