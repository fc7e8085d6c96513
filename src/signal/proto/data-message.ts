/** What people send each other, with its parts; see `messages.ts`. */

/** Of `DataMessage` and all that is in one, but for `Opaque`. */
export const DATA_MESSAGE_SCHEMA = `
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
  optional GroupCallUpdate groupCallUpdate = 19;
  optional PollCreate pollCreate = 24;
  optional Delete pollTerminate = 25;
  optional Target pollVote = 26;
  optional Target pinMessage = 27;
  optional Target unpinMessage = 28;
  optional Target adminDelete = 29;
}
message GroupCallUpdate { optional string eraId = 1; }
message Target { optional bytes targetAuthorAciBinary = 1; optional uint64 targetSentTimestamp = 2; }
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
`

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
  /** A call of the group has begun, or somebody has come or gone; all of one call have its era. */
  groupCallUpdate?: { eraId?: string }
  pollCreate?: { question?: string; options?: readonly string[] }
  pollTerminate?: { targetSentTimestamp?: number }
  pollVote?: MessageTarget
  pinMessage?: MessageTarget
  unpinMessage?: MessageTarget
  /** An administrator takes back what another member wrote. */
  adminDelete?: MessageTarget
}

export interface MessageTarget {
  targetAuthorAciBinary?: Uint8Array
  targetSentTimestamp?: number
}

export interface GroupContext {
  masterKey?: Uint8Array
  revision?: number
  /** The signed change that led to this revision. */
  groupChange?: Uint8Array
}
