import { describe, expect, it } from 'vitest';
import { BackendFrames, flush, FrontendBatches, simpleQuery, sync, wireMessage } from './wire-protocol.ts';

// bytes typed from the protocol's description, not made by wireMessage
const startup = bytes('00 00 00 08  00 03 00 00');
const query = bytes('51 00 00 00 0e  53 45 4c 45 43 54 20 31 3b 00'); // Q "SELECT 1;"
const terminate = bytes('58 00 00 00 04');
const copyFail = /^f\0\0\0.COPY FROM STDIN needs an external PostgreSQL\0$/;

describe('FrontendBatches', () => {
  it('makes the startup message, which has no type byte, a batch of its own', () => {
    const { batches } = new FrontendBatches().feed(startup);

    expect(batches).toEqual([startup]);
  });

  it.each(Array.from({ length: startup.length + query.length - 1 }, (_, index) => index + 1))('finds the same batches when the bytes are cut at %i', (cut) => {
    const all = Buffer.concat([startup, query]);
    const frontend = new FrontendBatches();

    const batches = [all.subarray(0, cut), all.subarray(cut)].flatMap((piece) => frontend.feed(piece).batches);

    expect(batches).toHaveLength(2);
    expect(batches[0]).toEqual(startup);
    expect(batches[1]?.subarray(0, query.length)).toEqual(query);
  });

  it('puts a CopyFail behind a query and before a Sync', () => {
    const frontend = new FrontendBatches();
    frontend.feed(startup);
    const parse = wireMessage('P', '\0SELECT 1\0\0\0');

    const [simple, extended] = frontend.feed(Buffer.concat([query, parse, sync])).batches;

    expect(simple?.toString('latin1', query.length)).toMatch(copyFail);
    expect(extended?.subarray(0, parse.length)).toEqual(parse);
    expect(extended?.toString('latin1', parse.length, extended.length - sync.length)).toMatch(copyFail);
    expect(extended?.subarray(-sync.length)).toEqual(sync);
  });

  it('drops the data of a COPY and ends at Flush', () => {
    const frontend = new FrontendBatches();
    frontend.feed(startup);

    const { batches } = frontend.feed(Buffer.concat([wireMessage('d', '1\n'), wireMessage('c'), wireMessage('f', 'no\0'), flush]));

    expect(batches).toEqual([flush]);
  });

  it('holds back what is not complete', () => {
    const frontend = new FrontendBatches();
    frontend.feed(startup);

    expect(frontend.feed(wireMessage('P', '\0SELECT 1\0\0\0'))).toEqual({ batches: [], terminated: false });
  });

  it('sees the client say goodbye', () => {
    const frontend = new FrontendBatches();
    frontend.feed(startup);

    expect(frontend.feed(Buffer.concat([query, terminate]))).toMatchObject({ batches: [expect.any(Buffer)], terminated: true });
  });

  it.each([['zero', '00 00 00 00'], ['shorter than itself', '00 00 00 03'], ['negative', 'ff ff ff ff']])('ends a session that sends a length which is %s', (_, length) => {
    const frontend = new FrontendBatches();
    frontend.feed(startup);

    expect(frontend.feed(Buffer.concat([bytes('51'), bytes(length)]))).toEqual({ batches: [], terminated: true });
  });
});

describe('BackendFrames', () => {
  const dataRow = bytes('44 00 00 00 0b  00 01 00 00 00 01 5a'); // its value is the byte of a ReadyForQuery
  const notification = bytes('41 00 00 00 0c  00 00 00 07 63 00 70 00'); // pid 7, channel "c", payload "p"
  const ready = bytes('5a 00 00 00 05 54'); // in a transaction
  const emptyBody = bytes('49 00 00 00 04'); // EmptyQueryResponse
  const answer = Buffer.concat([dataRow, emptyBody, notification, ready]);

  it.each(Array.from({ length: answer.length }, (_, index) => index))('reads the status and the notification when the answer is cut at %i', (cut) => {
    const heard: string[] = [];
    const frames = new BackendFrames((body) => heard.push(body.toString('hex')));

    frames.feed(answer.subarray(0, cut));
    frames.feed(answer.subarray(cut));

    expect(frames.status).toBe(0x54);
    expect(heard).toEqual(['0000000763007000']);
  });

  it('has no status before a ReadyForQuery', () => {
    const frames = new BackendFrames(() => undefined);

    frames.feed(dataRow);

    expect(frames.status).toBeUndefined();
  });
});

it('writes a simple query as the protocol describes it', () => {
  expect(simpleQuery('SELECT 1;')).toEqual(query);
});

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}
