/**
 * The protobuf messages of Signal that this account reads and writes, with the field numbers of the service
 * (reference/signal-service.md section 5); those of groups are in `groups.ts`.
 *
 * Enumerations are plain numbers, so that a value of a later version is kept instead of refused. A field that was not
 * on the wire is absent. 64-bit values come as numbers: every one of them is a time in ms or an id that fits 2^53.
 */
import { codecsOf } from './codec.ts'
import type { BlockedList, DeleteForMe, MessageRequestResponse, SyncRead } from './sync-parts.ts'

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
message DataMessage {
  optional string body = 1;
  repeated AttachmentPointer attachments = 2;
  optional uint32 flags = 4;
  optional uint32 expireTimer = 5;
  optional bytes profileKey = 6;
  optional uint64 timestamp = 7;
  optional Quote quote = 8;
  repeated Contact contact = 9;
  repeated Preview preview = 10;
  optional Sticker sticker = 11;
  optional uint32 requiredProtocolVersion = 12;
  optional bool isViewOnce = 14;
  optional GroupContextV2 groupV2 = 15;
  optional Reaction reaction = 16;
  optional Delete delete = 17;
  repeated BodyRange bodyRanges = 18;
  optional Payment payment = 20;
  optional Opaque storyContext = 21;
  optional Opaque giftBadge = 22;
  optional uint32 expireTimerVersion = 23;
  optional PollCreate pollCreate = 24;
}
message BodyRange {
  optional uint32 start = 1;
  optional uint32 length = 2;
  optional string mentionAci = 3;
  optional uint32 style = 4;
  optional bytes mentionAciBinary = 5;
}
message Preview { optional string url = 1; optional string title = 2; }
message Contact {
  optional Name name = 1;
  repeated Phone number = 3;
  optional string organization = 7;
  message Name { optional string givenName = 1; optional string familyName = 2; optional string nickname = 7; }
  message Phone { optional string value = 1; }
}
message Payment {
  optional Notification notification = 1;
  message Notification { optional string note = 2; }
}
message PollCreate { optional string question = 1; repeated string options = 3; }
message AttachmentPointer {
  optional fixed64 cdnId = 1;
  optional string contentType = 2;
  optional bytes key = 3;
  optional uint32 size = 4;
  optional bytes digest = 6;
  optional string fileName = 7;
  optional uint32 flags = 8;
  optional uint32 width = 9;
  optional uint32 height = 10;
  optional string caption = 11;
  optional string blurHash = 12;
  optional uint64 uploadTimestamp = 13;
  optional uint32 cdnNumber = 14;
  optional string cdnKey = 15;
  optional uint32 chunkSize = 17;
  optional bytes incrementalMac = 19;
  optional bytes clientUuid = 20;
}
message Sticker { optional AttachmentPointer data = 4; optional string emoji = 5; }
message Quote {
  optional uint64 id = 1;
  optional string text = 3;
  repeated QuotedFile attachments = 4;
  optional string authorAci = 5;
  repeated BodyRange bodyRanges = 6;
  optional bytes authorAciBinary = 8;
}
message QuotedFile {
  optional string contentType = 1;
  optional string fileName = 2;
  optional AttachmentPointer thumbnail = 3;
}
message Reaction {
  optional string emoji = 1;
  optional bool remove = 2;
  optional string targetAuthorAci = 4;
  optional uint64 targetSentTimestamp = 5;
  optional bytes targetAuthorAciBinary = 6;
}
message Delete { optional uint64 targetSentTimestamp = 1; }
message GroupContextV2 { optional bytes masterKey = 1; optional uint32 revision = 2; optional bytes groupChange = 3; }
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

export interface AttachmentPointer {
  /** Place at the content server where `cdnKey` is absent (old clients, CDN 0 and 2): 64 bits, decimal. */
  cdnId?: string
  contentType?: string
  /** AES-256 key · HMAC key, 64 octets. */
  key?: Uint8Array
  /** Octets of the plaintext. */
  size?: number
  /** SHA-256 of what lies at the content server. */
  digest?: Uint8Array
  fileName?: string
  /** 1 voice message, 2 without a border, 8 a film that is shown as a moving picture. */
  flags?: number
  width?: number
  height?: number
  caption?: string
  blurHash?: string
  uploadTimestamp?: number
  cdnNumber?: number
  cdnKey?: string
  /** Of what lies at the content server: the HMAC of its first chunk, of its first two, … */
  incrementalMac?: Uint8Array
  chunkSize?: number
  /** Its sender's name for it, 16 octets. */
  clientUuid?: Uint8Array
}

export interface Quote {
  /** Sent timestamp of the quoted message. */
  id?: number
  text?: string
  attachments?: readonly { contentType?: string; fileName?: string; thumbnail?: AttachmentPointer }[]
  authorAci?: string
  bodyRanges?: readonly BodyRange[]
  authorAciBinary?: Uint8Array
}

export interface Reaction {
  emoji?: string
  remove?: boolean
  targetAuthorAci?: string
  targetSentTimestamp?: number
  targetAuthorAciBinary?: Uint8Array
}

export interface BodyRange {
  start?: number
  length?: number
  mentionAci?: string
  /** 1 bold, 2 italic, 3 spoiler, 4 strikethrough, 5 monospace. */
  style?: number
  mentionAciBinary?: Uint8Array
}

/** The card of a person. */
export interface SharedContact {
  name?: { givenName?: string; familyName?: string; nickname?: string }
  number?: readonly { value?: string }[]
  organization?: string
}

export interface DataMessage {
  body?: string
  attachments?: readonly AttachmentPointer[]
  /** 2: it does nothing but set the timer; 4: it hands over the profile key. */
  flags?: number
  /** Seconds after which it disappears. */
  expireTimer?: number
  expireTimerVersion?: number
  profileKey?: Uint8Array
  timestamp?: number
  quote?: Quote
  contact?: readonly SharedContact[]
  preview?: readonly { url?: string; title?: string }[]
  bodyRanges?: readonly BodyRange[]
  sticker?: { data?: AttachmentPointer; emoji?: string }
  requiredProtocolVersion?: number
  isViewOnce?: boolean
  groupV2?: GroupContext
  reaction?: Reaction
  delete?: { targetSentTimestamp?: number }
  payment?: { notification?: { note?: string } }
  storyContext?: object
  giftBadge?: object
  pollCreate?: { question?: string; options?: readonly string[] }
}

/** The group that a message belongs to. */
export interface GroupContext {
  masterKey?: Uint8Array
  revision?: number
  /** The signed change that led to this revision. */
  groupChange?: Uint8Array
}

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

/** The number of the account was changed on the phone. Records and pairs as libsignal writes them. */
export interface PniChangeNumber {
  identityKeyPair?: Uint8Array
  signedPreKey?: Uint8Array
  registrationId?: number
  newE164?: string
  lastResortKyberPreKey?: Uint8Array
}

/** What our own devices tell each other. */
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

/** What the phone hands to a device that it links. */
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

export const envelopeCodec = codec<Envelope>('Envelope')
export const contentCodec = codec<Content>('Content')
export const dataMessageCodec = codec<DataMessage>('DataMessage')
export const contactDetailsCodec = codec<ContactDetails>('ContactDetails')
export const attachmentPointerCodec = codec<AttachmentPointer>('AttachmentPointer')
export const provisionEnvelopeCodec = codec<{ publicKey?: Uint8Array; body?: Uint8Array }>('ProvisionEnvelope')
export const provisionMessageCodec = codec<ProvisionMessage>('ProvisionMessage')
export const deviceNameCodec = codec<{
  ephemeralPublic?: Uint8Array
  syntheticIv?: Uint8Array
  ciphertext?: Uint8Array
}>('DeviceName')
