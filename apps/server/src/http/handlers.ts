import type { EndpointName, Endpoints } from '@nodeward/api';
import type * as z from 'zod';

type Parsed<E, Key extends string> = E extends Readonly<Record<Key, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What a handler is given: the request's parts as the endpoint's schemas have parsed them. */
export interface HandlerInput<Name extends EndpointName> {
  readonly parameters: Parsed<Endpoints[Name], 'parameters'>;
  readonly query: Parsed<Endpoints[Name], 'query'>;
  readonly body: Parsed<Endpoints[Name], 'body'>;
}

export type HandlerOutput<Name extends EndpointName> = DeepReadonly<z.output<Endpoints[Name]['response']>>;

/** One handler per endpoint: an endpoint without one does not compile. */
export type Handlers = { readonly [Name in EndpointName]: (input: HandlerInput<Name>) => Promise<HandlerOutput<Name>> };
