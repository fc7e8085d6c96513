/** What is done to groups: made, changed, left; and their pictures. */
import { ask } from '../api/client.ts'
import type { Group } from '../api/types.ts'
import { fetchConversation } from './conversations.ts'

/** Square, as the apps show it; JPEG of this quality stays far below what the gateway takes. */
const AVATAR_PX = 320
const AVATAR_QUALITY = 0.85

export interface NewGroup {
  kind: 'signal' | 'phone'
  title?: string
  texts_apart?: boolean
  members: readonly string[]
  avatar?: string
}

/** Makes it. Resolves with the id of its conversation. Throws ApiProblem. */
export async function createGroup(group: NewGroup): Promise<string> {
  const made = await ask<Group>('POST', '/api/v1/groups', { body: group })
  if (made.conversation_id === null) throw new Error('a group without a conversation')
  await fetchConversation(made.conversation_id)
  return made.conversation_id
}

/** Changes it, or does something to it, and keeps the name that it has then. Throws ApiProblem. */
export async function changeGroup(id: string, method: string, path: string, body?: object): Promise<Group> {
  const group = await ask<Group>(method, `/api/v1/groups/${id}${path}`, body === undefined ? {} : { body })
  if (group.conversation_id !== null) void fetchConversation(group.conversation_id).catch(() => {})
  return group
}

/** The middle of a picture, small, as base64 of a JPEG. Rejects for what is no picture. */
export async function avatarOf(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file)
  const side = Math.min(bitmap.width, bitmap.height)
  const canvas = document.createElement('canvas')
  canvas.width = AVATAR_PX
  canvas.height = AVATAR_PX
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2]
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, AVATAR_PX, AVATAR_PX)
  bitmap.close()
  return canvas.toDataURL('image/jpeg', AVATAR_QUALITY).split(',')[1] ?? ''
}
