/** The envelope in which the server hands over what was sent; see `messages.ts`. */
import { codecsOf } from './codec.ts'

const schema = `
syntax = "proto2";
message Envelope {
  optional uint32 type = 1;
  optional uint64 clientTimestamp = 5;
  optional uint32 sourceDeviceId = 7;
  optional bytes content = 8;
  optional string serverGuid = 9;
  optional uint64 serverTimestamp = 10;
  optional string sourceServiceId = 11;
  optional string destinationServiceId = 13;
  optional bool urgent = 14;
  optional string updatedPni = 15;
  optional bytes sourceServiceIdBinary = 19;
  optional bytes destinationServiceIdBinary = 20;
  optional bytes serverGuidBinary = 21;
  optional bytes updatedPniBinary = 22;
}
`

export interface Envelope {
  type?: number
  clientTimestamp?: number
  sourceDeviceId?: number
  content?: Uint8Array
  serverGuid?: string
  serverTimestamp?: number
  sourceServiceId?: string
  destinationServiceId?: string
  /** False: nobody is to be woken for it. */
  urgent?: boolean
  sourceServiceIdBinary?: Uint8Array
  destinationServiceIdBinary?: Uint8Array
  serverGuidBinary?: Uint8Array
  /** With a changed number: the new phone-number identity, in the server's words. */
  updatedPni?: string
  updatedPniBinary?: Uint8Array
}

export const envelopeCodec = codecsOf(schema)<Envelope>('Envelope')
