/**
 * The protobuf messages of groups (V2), with the field numbers of the storage service (reference/signal-service.md
 * section 10.3). Conventions as in `messages.ts`. User ids, profile keys, titles, descriptions and timers in them are
 * ciphertexts that only the group's members can open.
 */
import { codecsOf } from './codec.ts'

const schema = `
syntax = "proto3";
message Member {
  bytes userId = 1; uint32 role = 2; bytes profileKey = 3; bytes presentation = 4; uint32 joinedAtVersion = 5;
}
message PendingMember { Member member = 1; bytes addedByUserId = 2; uint64 timestamp = 3; }
message RequestingMember { bytes userId = 1; bytes profileKey = 2; bytes presentation = 3; uint64 timestamp = 4; }
message BannedMember { bytes userId = 1; uint64 timestamp = 2; }
message AccessControl { uint32 attributes = 1; uint32 members = 2; uint32 addFromInviteLink = 3; uint32 memberLabel = 4; }
message Group {
  bytes publicKey = 1;
  bytes title = 2;
  string avatarUrl = 3;
  bytes timer = 4;
  AccessControl access = 5;
  uint32 version = 6;
  repeated Member members = 7;
  repeated PendingMember pending = 8;
  repeated RequestingMember requesting = 9;
  bytes linkPassword = 10;
  bytes description = 11;
  bool announcementsOnly = 12;
  repeated BannedMember banned = 13;
  bool terminated = 14;
}
message Blob {
  oneof content { string title = 1; bytes avatar = 2; uint32 timerSeconds = 3; string description = 4; }
}
message InviteLink { InviteLinkContents contents = 1; }
message InviteLinkContents { bytes masterKey = 1; bytes password = 2; }
message JoinInfo {
  bytes publicKey = 1; bytes title = 2; string avatar = 3; uint32 memberCount = 4; uint32 addFromInviteLink = 5;
  uint32 version = 6; bool pendingAdminApproval = 7; bytes description = 8;
}
message AvatarForm {
  string key = 1; string credential = 2; string acl = 3; string algorithm = 4; string date = 5; string policy = 6;
  string signature = 7;
}
message Changed { bytes actions = 1; bytes serverSignature = 2; uint32 changeEpoch = 3; }
message GroupResponse { Group group = 1; bytes endorsements = 2; }
message ChangeResponse { Changed change = 1; bytes endorsements = 2; }
message ChangeState { Changed change = 1; Group state = 2; }
message Changes { repeated ChangeState changes = 1; bytes endorsements = 2; }
message Role { bytes userId = 1; uint32 role = 2; }
message Added { Member added = 1; bool fromLink = 2; }
message UserId { bytes userId = 1; }
message Promoted { bytes presentation = 1; bytes userId = 2; bytes profileKey = 3; }
message PromotedPni { bytes presentation = 1; bytes userId = 2; bytes pni = 3; bytes profileKey = 4; }
message AddedPending { PendingMember added = 1; }
message AddedRequesting { RequestingMember added = 1; }
message AddedBanned { BannedMember added = 1; }
message Octets { bytes value = 1; }
message Text { string value = 1; }
message Level { uint32 value = 1; }
message Switch { bool value = 1; }
message Nothing {}
message Actions {
  bytes sourceUserId = 1;
  uint32 version = 2;
  repeated Added addMembers = 3;
  repeated UserId deleteMembers = 4;
  repeated Role roles = 5;
  repeated Promoted profileKeys = 6;
  repeated AddedPending addPending = 7;
  repeated UserId deletePending = 8;
  repeated Promoted promotePending = 9;
  Octets title = 10;
  Text avatar = 11;
  Octets timer = 12;
  Level attributesAccess = 13;
  Level membersAccess = 14;
  Level linkAccess = 15;
  repeated AddedRequesting addRequesting = 16;
  repeated UserId deleteRequesting = 17;
  repeated Role promoteRequesting = 18;
  Octets linkPassword = 19;
  Octets description = 20;
  Switch announcementsOnly = 21;
  repeated AddedBanned addBanned = 22;
  repeated UserId deleteBanned = 23;
  repeated PromotedPni promotePendingPni = 24;
  bytes groupId = 25;
  Nothing terminate = 28;
}
`

type Octets = Uint8Array

export interface MemberProto {
  userId?: Octets
  /** 1 member, 2 administrator. */
  role?: number
  profileKey?: Octets
  /** Proves to the server whose id and profile key these are; it fills in both. */
  presentation?: Octets
  joinedAtVersion?: number
}

export interface PendingMemberProto {
  member?: MemberProto
  addedByUserId?: Octets
  timestamp?: number
}

export interface RequestingMemberProto {
  userId?: Octets
  profileKey?: Octets
  presentation?: Octets
  timestamp?: number
}

export interface BannedMemberProto {
  userId?: Octets
  timestamp?: number
}

export interface GroupProto {
  publicKey?: Octets
  title?: Octets
  avatarUrl?: string
  timer?: Octets
  access?: { attributes?: number; members?: number; addFromInviteLink?: number; memberLabel?: number }
  version?: number
  members?: readonly MemberProto[]
  pending?: readonly PendingMemberProto[]
  requesting?: readonly RequestingMemberProto[]
  linkPassword?: Octets
  description?: Octets
  announcementsOnly?: boolean
  banned?: readonly BannedMemberProto[]
  terminated?: boolean
}

interface Promoted {
  presentation?: Octets
  userId?: Octets
  profileKey?: Octets
}

/** What one change does, in the order of the field numbers. */
export interface ActionsProto {
  /** Who did it; the server fills it in, and `groupId`. */
  sourceUserId?: Octets
  version?: number
  addMembers?: readonly { added?: MemberProto; fromLink?: boolean }[]
  deleteMembers?: readonly { userId?: Octets }[]
  roles?: readonly { userId?: Octets; role?: number }[]
  profileKeys?: readonly Promoted[]
  addPending?: readonly { added?: PendingMemberProto }[]
  deletePending?: readonly { userId?: Octets }[]
  promotePending?: readonly Promoted[]
  title?: { value?: Octets }
  avatar?: { value?: string }
  timer?: { value?: Octets }
  attributesAccess?: { value?: number }
  membersAccess?: { value?: number }
  linkAccess?: { value?: number }
  addRequesting?: readonly { added?: RequestingMemberProto }[]
  deleteRequesting?: readonly { userId?: Octets }[]
  promoteRequesting?: readonly { userId?: Octets; role?: number }[]
  linkPassword?: { value?: Octets }
  description?: { value?: Octets }
  announcementsOnly?: { value?: boolean }
  addBanned?: readonly { added?: BannedMemberProto }[]
  deleteBanned?: readonly { userId?: Octets }[]
  promotePendingPni?: readonly (Promoted & { pni?: Octets })[]
  groupId?: Octets
  terminate?: object
}

/** A change as the server signed it. */
export interface ChangedProto {
  /** `ActionsProto`, encoded: what the signature is over. */
  actions?: Octets
  serverSignature?: Octets
  changeEpoch?: number
}

export interface BlobProto {
  title?: string
  avatar?: Octets
  timerSeconds?: number
  description?: string
}

const codec = codecsOf(schema)

export const groupCodec = codec<GroupProto>('Group')
export const actionsCodec = codec<ActionsProto>('Actions')
export const changedCodec = codec<ChangedProto>('Changed')
export const blobCodec = codec<BlobProto>('Blob')
export const memberCodec = codec<MemberProto>('Member')
export const groupResponseCodec = codec<{ group?: GroupProto; endorsements?: Octets }>('GroupResponse')
export const changeResponseCodec = codec<{ change?: ChangedProto; endorsements?: Octets }>('ChangeResponse')
export const changesCodec = codec<{
  changes?: readonly { change?: ChangedProto; state?: GroupProto }[]
  endorsements?: Octets
}>('Changes')
export const inviteLinkCodec = codec<{ contents?: { masterKey?: Octets; password?: Octets } }>('InviteLink')
export const joinInfoCodec = codec<{
  title?: Octets
  memberCount?: number
  addFromInviteLink?: number
  version?: number
  pendingAdminApproval?: boolean
  description?: Octets
}>('JoinInfo')
export const avatarFormCodec = codec<{
  key?: string
  credential?: string
  acl?: string
  algorithm?: string
  date?: string
  policy?: string
  signature?: string
}>('AvatarForm')
