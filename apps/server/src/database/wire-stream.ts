import { Duplex } from 'node:stream';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { ConnectionLostError } from './database-errors.ts';

/** Where the streams of one gateway meet their worker: hands over the far end of a channel, knows who is connected. */
export interface WireSwitchboard {
  /** Throws where there is no worker any more. */
  attach(stream: WireStream, workerEnd: MessagePort): void;
  detach(stream: WireStream): void;
}

/**
 * What a `pg.Client` believes to be its socket: the bytes go to the database's worker through a message port. The end
 * of a port is not the end of the stream: when a worker dies, its gateway destroys the streams at the moment at which
 * a new worker can be attached to.
 */
export class WireStream extends Duplex {
  readonly #switchboard: WireSwitchboard;
  #port: MessagePort | undefined;
  #received: Uint8Array[] = [];
  #delivering = false;

  constructor(switchboard: WireSwitchboard) {
    super();
    this.#switchboard = switchboard;
  }

  /** Node-postgres calls the socket's methods by these names. */
  connect(): this {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (bytes: unknown) => this.#receive(bytes));
    try {
      this.#switchboard.attach(this, port2);
      process.nextTick(() => this.emit('connect'));
    } catch (error) {
      this.destroy(error instanceof Error ? error : new ConnectionLostError(String(error)));
    }
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#port?.ref();
    return this;
  }

  unref(): this {
    this.#port?.unref();
    return this;
  }

  #receive(message: unknown): void {
    if (!(message instanceof Uint8Array)) return;
    this.#received.push(message);
    if (!this.#delivering) this.#deliver();
  }

  /** One chunk per turn of the event loop, so that a large result does not hold everybody else up. */
  #deliver(): void {
    const bytes = this.#received.shift();
    this.#delivering = bytes !== undefined;
    if (bytes !== undefined && !this.destroyed && !this.writableFinished) {
      this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
    if (bytes !== undefined) setImmediate(() => this.#deliver());
  }

  override _read(): void {
    // data is pushed as it arrives
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#port?.postMessage(new Uint8Array(chunk));
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: () => void): void {
    this.#port?.postMessage(new Uint8Array(Buffer.concat(chunks.map((each) => each.chunk))));
    done();
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port?.close();
    this.#switchboard.detach(this);
    done(error);
  }
}
