/** What is done to groups: made, changed, left; and their pictures. */
import { ask } from '../api/client.ts'
import type { Group } from '../api/types.ts'
import { fetchConversation } from './conversations.ts'

/** Edge of the square, as the apps show it; as a JPEG it stays far below what the gateway takes. */
export const AVATAR_PX = 320

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

export function base64Of(picture: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onerror = () => reject(reader.error)
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '')
    reader.readAsDataURL(picture)
  })
}
