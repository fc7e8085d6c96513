/** What passes when a device is linked, and how the name of one lies at the server; see `messages.ts`. */
import { codecsOf } from './codec.ts'

const schema = `
syntax = "proto2";
message ProvisionEnvelope { optional bytes publicKey = 1; optional bytes body = 2; }
message ProvisionMessage {
  optional bytes aciIdentityKeyPublic = 1;
  optional bytes aciIdentityKeyPrivate = 2;
  optional string number = 3;
  optional string provisioningCode = 4;
  optional bytes profileKey = 6;
  optional bool readReceipts = 7;
  optional string aci = 8;
  optional string pni = 10;
  optional bytes pniIdentityKeyPublic = 11;
  optional bytes pniIdentityKeyPrivate = 12;
  optional string accountEntropyPool = 15;
  optional bytes aciBinary = 17;
  optional bytes pniBinary = 18;
}
message DeviceName {
  optional bytes ephemeralPublic = 1;
  optional bytes syntheticIv = 2;
  optional bytes ciphertext = 3;
}`

export interface ProvisionMessage {
  aciIdentityKeyPublic?: Uint8Array
  aciIdentityKeyPrivate?: Uint8Array
  number?: string
  provisioningCode?: string
  profileKey?: Uint8Array
  readReceipts?: boolean
  aci?: string
  pni?: string
  pniIdentityKeyPublic?: Uint8Array
  pniIdentityKeyPrivate?: Uint8Array
  accountEntropyPool?: string
  aciBinary?: Uint8Array
  pniBinary?: Uint8Array
}

const codec = codecsOf(schema)

export const provisionEnvelopeCodec = codec<{ publicKey?: Uint8Array; body?: Uint8Array }>('ProvisionEnvelope')
export const provisionMessageCodec = codec<ProvisionMessage>('ProvisionMessage')
export const deviceNameCodec = codec<{
  ephemeralPublic?: Uint8Array
  syntheticIv?: Uint8Array
  ciphertext?: Uint8Array
}>('DeviceName')
