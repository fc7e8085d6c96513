/**
 * The protobuf messages of the storage service, with the fields that this account reads or writes
 * (reference/signal-service.md section 12). A record that is written keeps its other fields, since what changes is
 * appended to its octets.
 */
import { codecsOf } from './codec.ts'

const codec = codecsOf(`
syntax = "proto2";
message StorageManifest { optional uint64 version = 1; optional bytes value = 2; }
message ManifestRecord {
  optional uint64 version = 1;
  repeated Identifier identifiers = 2;
  optional uint32 sourceDevice = 3;
  optional bytes recordIkm = 4;
  message Identifier { optional bytes raw = 1; optional uint32 type = 2; }
}
message StorageItem { optional bytes key = 1; optional bytes value = 2; }
message StorageItems { repeated StorageItem items = 1; }
message ReadOperation { repeated bytes readKey = 1; }
message WriteOperation {
  optional StorageManifest manifest = 1;
  repeated StorageItem insertItem = 2;
  repeated bytes deleteKey = 3;
}
message StorageRecord {
  optional ContactRecord contact = 1;
  optional GroupV2Record groupV2 = 3;
  optional AccountRecord account = 4;
}
message ContactRecord {
  optional string aci = 1;
  optional string e164 = 2;
  optional bytes profileKey = 3;
  optional bytes identityKey = 4;
  optional uint32 identityState = 5;
  optional string givenName = 6;
  optional string familyName = 7;
  optional bool blocked = 9;
  optional bool whitelisted = 10;
  optional string pni = 15;
  optional string systemGivenName = 17;
  optional string systemFamilyName = 18;
  optional Name nickname = 22;
  optional bytes aciBinary = 25;
  optional bytes pniBinary = 26;
  message Name { optional string given = 1; optional string family = 2; }
}
message GroupV2Record {
  optional bytes masterKey = 1;
  optional bool blocked = 2;
  optional bool whitelisted = 3;
  optional bool archived = 4;
}
message AccountRecord {
  optional bytes profileKey = 1;
  optional string givenName = 2;
  optional string avatarUrlPath = 4;
  optional bool readReceipts = 6;
  optional bool typingIndicators = 8;
  optional bool unlistedPhoneNumber = 13;
  optional string username = 33;
  optional UsernameLink usernameLink = 35;
  message UsernameLink { optional bytes entropy = 1; optional bytes serverId = 2; }
}
`)

/** The version stands outside, so that the server can judge it. */
export interface StorageManifest {
  version?: number
  /** Encrypted `ManifestRecord`. */
  value?: Uint8Array
}

export interface ManifestRecord {
  version?: number
  /** 1 contact, 3 group, 4 account; others are kept and left alone. */
  identifiers?: readonly { raw?: Uint8Array; type?: number }[]
  sourceDevice?: number
  recordIkm?: Uint8Array
}

export interface StorageItem {
  key?: Uint8Array
  value?: Uint8Array
}

export interface ContactRecord {
  aci?: string
  e164?: string
  profileKey?: Uint8Array
  identityKey?: Uint8Array
  /** 0 default, 1 verified, 2 unverified. */
  identityState?: number
  givenName?: string
  familyName?: string
  blocked?: boolean
  /** The owner has let them in. */
  whitelisted?: boolean
  pni?: string
  systemGivenName?: string
  systemFamilyName?: string
  nickname?: { given?: string; family?: string }
  aciBinary?: Uint8Array
  pniBinary?: Uint8Array
}

export interface StorageRecord {
  contact?: ContactRecord
  groupV2?: { masterKey?: Uint8Array; blocked?: boolean; whitelisted?: boolean; archived?: boolean }
  account?: AccountRecord
}

export interface AccountRecord {
  profileKey?: Uint8Array
  givenName?: string
  /** Of the profile's picture; empty: none. */
  avatarUrlPath?: string
  readReceipts?: boolean
  typingIndicators?: boolean
  /** Whoever knows the number does not find the account. */
  unlistedPhoneNumber?: boolean
  /** Empty: none. */
  username?: string
  /** `entropy` opens it; `serverId`: the UUID behind which it lies. */
  usernameLink?: { entropy?: Uint8Array; serverId?: Uint8Array }
}

export const storageManifestCodec = codec<StorageManifest>('StorageManifest')
export const manifestRecordCodec = codec<ManifestRecord>('ManifestRecord')
export const storageItemsCodec = codec<{ items?: readonly StorageItem[] }>('StorageItems')
export const readOperationCodec = codec<{ readKey: readonly Uint8Array[] }>('ReadOperation')
export const writeOperationCodec = codec<{
  manifest: StorageManifest
  insertItem: readonly StorageItem[]
  deleteKey: readonly Uint8Array[]
}>('WriteOperation')
export const storageRecordCodec = codec<StorageRecord>('StorageRecord')
