/**
 * The protobuf messages of Signal that this account reads and writes, with the field numbers of the service
 * (reference/signal-service.md section 5): what is in an envelope once it is opened. What people write is in
 * `data-message.ts`, the envelope in `envelope.ts`, linking in `provisioning.ts`, groups in `groups.ts`.
 *
 * Enumerations are plain numbers, so that a value of a later version is kept instead of refused. A field that was not
 * on the wire is absent. 64-bit values come as numbers: every one of them is a time in ms or an id that fits 2^53.
 */
import { codecsOf } from './codec.ts'
import { type AttachmentPointer, DATA_MESSAGE_SCHEMA, type DataMessage } from './data-message.ts'
import type { BlockedList, DeleteForMe, MessageRequestResponse, SyncRead } from './sync-parts.ts'

const schema = `
syntax = "proto2";
message Content {
  optional DataMessage dataMessage = 1;
  optional SyncMessage syncMessage = 2;
  optional CallMessage callMessage = 3;
  optional NullMessage nullMessage = 4;
  optional ReceiptMessage receiptMessage = 5;
  optional TypingMessage typingMessage = 6;
  optional bytes senderKeyDistributionMessage = 7;
  optional bytes decryptionErrorMessage = 8;
  optional Opaque storyMessage = 9;
  optional PniSignatureMessage pniSignatureMessage = 10;
  optional EditMessage editMessage = 11;
}
message Opaque {}
message CallMessage {
  optional Offer offer = 1;
  optional uint32 destinationDeviceId = 9;
  message Offer { optional uint32 type = 3; }
}
message EditMessage { optional uint64 targetSentTimestamp = 1; optional DataMessage dataMessage = 2; }
message ReceiptMessage { optional uint32 type = 1; repeated uint64 timestamp = 2; }
message TypingMessage { optional uint64 timestamp = 1; optional uint32 action = 2; optional bytes groupId = 3; }
message NullMessage { optional bytes padding = 1; }
message PniSignatureMessage { optional bytes pni = 1; optional bytes signature = 2; }
message SyncMessage {
  optional Sent sent = 1;
  optional Contacts contacts = 2;
  optional Request request = 4;
  repeated Read read = 5;
  repeated Read viewed = 16;
  optional Blocked blocked = 6;
  optional Verified verified = 7;
  optional bytes padding = 8;
  optional Configuration configuration = 9;
  optional FetchLatest fetchLatest = 12;
  optional Keys keys = 13;
  optional PniChangeNumber pniChangeNumber = 18;
  optional ViewOnceOpen viewOnceOpen = 11;
  optional MessageRequestResponse messageRequestResponse = 14;
  optional DeleteForMe deleteForMe = 22;
  optional DeviceNameChange deviceNameChange = 23;
  optional UsernameChange usernameChange = 26;
  message DeviceNameChange { optional uint32 deviceId = 2; }
  message UsernameChange {}
  message Contacts { optional AttachmentPointer blob = 1; optional bool complete = 2; }
  message Read { optional uint64 timestamp = 2; optional string senderAci = 3; optional bytes senderAciBinary = 4; }
  message Request { optional uint32 type = 1; }
  message Blocked {
    repeated string numbers = 1;
    repeated bytes groupIds = 2;
    repeated string acis = 3;
    repeated bytes acisBinary = 4;
  }
  message Configuration {
    optional bool readReceipts = 1;
    optional bool unidentifiedDeliveryIndicators = 2;
    optional bool typingIndicators = 3;
  }
  message ViewOnceOpen { optional string senderAci = 3; optional uint64 timestamp = 2; optional bytes senderAciBinary = 4; }
  message MessageRequestResponse {
    optional string threadAci = 2;
    optional bytes groupId = 3;
    optional uint32 type = 4;
    optional bytes threadAciBinary = 5;
  }
  message DeleteForMe {
    repeated MessageDeletes messageDeletes = 1;
    repeated ConversationDelete conversationDeletes = 2;
    message Thread {
      optional string threadServiceId = 1;
      optional bytes threadGroupId = 2;
      optional string threadE164 = 3;
      optional bytes threadServiceIdBinary = 4;
    }
    message Addressed {
      optional string authorServiceId = 1;
      optional string authorE164 = 2;
      optional uint64 sentTimestamp = 3;
      optional bytes authorServiceIdBinary = 4;
    }
    message MessageDeletes { optional Thread conversation = 1; repeated Addressed messages = 2; }
    message ConversationDelete {
      optional Thread conversation = 1;
      repeated Addressed mostRecentMessages = 2;
      optional bool isFullDelete = 3;
      repeated Addressed mostRecentNonExpiringMessages = 4;
    }
    repeated AttachmentDelete attachmentDeletes = 4;
    message AttachmentDelete {
      optional Thread conversation = 1;
      optional Addressed targetMessage = 2;
      optional bytes clientUuid = 3;
      optional bytes fallbackDigest = 4;
    }
  }
  message Verified {
    optional bytes identityKey = 2;
    optional uint32 state = 3;
    optional bytes nullMessage = 4;
    optional string destinationAci = 5;
    optional bytes destinationAciBinary = 6;
  }
  message FetchLatest { optional uint32 type = 1; }
  message Keys { optional string accountEntropyPool = 3; }
  message PniChangeNumber {
    optional bytes identityKeyPair = 1;
    optional bytes signedPreKey = 2;
    optional uint32 registrationId = 3;
    optional string newE164 = 4;
    optional bytes lastResortKyberPreKey = 5;
  }
  message UnidentifiedStatus {
    optional bool unidentified = 2;
    optional bytes destinationPniIdentityKey = 5;
    optional bytes serviceIdBinary = 6;
  }
  message Sent {
    optional string destinationE164 = 1;
    optional uint64 timestamp = 2;
    optional DataMessage message = 3;
    optional uint64 expirationStartTimestamp = 4;
    repeated UnidentifiedStatus unidentifiedStatus = 5;
    optional bool isRecipientUpdate = 6;
    optional string destinationServiceId = 7;
    optional EditMessage editMessage = 10;
    optional bytes destinationServiceIdBinary = 12;
  }
}
message ContactDetails {
  optional string number = 1;
  optional string name = 2;
  optional Avatar avatar = 3;
  optional string aci = 9;
  optional bytes aciBinary = 13;
  message Avatar { optional uint32 length = 2; }
}
${DATA_MESSAGE_SCHEMA}`

export interface SyncSent {
  destinationE164?: string
  timestamp?: number
  message?: DataMessage
  /** The identity key stands with a phone-number identity, which other devices could not look up. */
  unidentifiedStatus?: readonly {
    unidentified?: boolean
    destinationPniIdentityKey?: Uint8Array
    serviceIdBinary?: Uint8Array
  }[]
  /** When it began to disappear. */
  expirationStartTimestamp?: number
  /** Says only whom else it went to. */
  isRecipientUpdate?: boolean
  destinationServiceId?: string
  editMessage?: { targetSentTimestamp?: number; dataMessage?: DataMessage }
  destinationServiceIdBinary?: Uint8Array
}

export interface PniChangeNumber {
  identityKeyPair?: Uint8Array
  signedPreKey?: Uint8Array
  registrationId?: number
  newE164?: string
  lastResortKyberPreKey?: Uint8Array
}

export interface SyncMessage {
  sent?: SyncSent
  contacts?: { blob?: AttachmentPointer; complete?: boolean }
  /** 1 contacts, 3 blocked, 4 configuration, 5 keys. */
  request?: { type?: number }
  read?: readonly SyncRead[]
  viewed?: readonly SyncRead[]
  /** The full list, replacing what was known. */
  blocked?: BlockedList
  configuration?: { readReceipts?: boolean; unidentifiedDeliveryIndicators?: boolean; typingIndicators?: boolean }
  viewOnceOpen?: SyncRead
  messageRequestResponse?: MessageRequestResponse
  deleteForMe?: DeleteForMe
  /** The names of devices are looked at anew. */
  deviceNameChange?: { deviceId?: number }
  /** The account has another username now; which one, the storage service says. */
  usernameChange?: object
  /** State: 0 default, 1 verified, 2 unverified. */
  verified?: {
    identityKey?: Uint8Array
    state?: number
    nullMessage?: Uint8Array
    destinationAci?: string
    destinationAciBinary?: Uint8Array
  }
  /** 1 profile, 2 storage manifest. */
  fetchLatest?: { type?: number }
  keys?: { accountEntropyPool?: string }
  pniChangeNumber?: PniChangeNumber
  padding?: Uint8Array
}

export interface ContactDetails {
  number?: string
  name?: string
  /** Its octets follow the details in the stream. */
  avatar?: { length?: number }
  aci?: string
  aciBinary?: Uint8Array
}

export interface Content {
  dataMessage?: DataMessage
  syncMessage?: SyncMessage
  /** Offer: a call begins; its type: 0 by voice, 1 with pictures. */
  callMessage?: { offer?: { type?: number }; destinationDeviceId?: number }
  nullMessage?: { padding?: Uint8Array }
  receiptMessage?: { type?: number; timestamp?: readonly number[] }
  typingMessage?: { timestamp?: number; action?: number; groupId?: Uint8Array }
  senderKeyDistributionMessage?: Uint8Array
  decryptionErrorMessage?: Uint8Array
  pniSignatureMessage?: { pni?: Uint8Array; signature?: Uint8Array }
  editMessage?: { targetSentTimestamp?: number; dataMessage?: DataMessage }
}

const codec = codecsOf(schema)

export const contentCodec = codec<Content>('Content')
export const dataMessageCodec = codec<DataMessage>('DataMessage')
export const contactDetailsCodec = codec<ContactDetails>('ContactDetails')
export const attachmentPointerCodec = codec<AttachmentPointer>('AttachmentPointer')
