/** Files on their way to the gateway, each with how far it is; those that arrived belong to the draft. */
import { useRef, useState } from 'preact/hooks'
import { wordsOf } from '../api/client.ts'
import { upload } from '../api/upload.ts'
import { changeDraft, draftOf } from '../model/drafts.ts'

/** As the gateway has it. */
const FILES_MAX = 32

export interface RunningUpload {
  key: number
  name: string
  /** 0…1. */
  part: number
  problem: string | undefined
  abort: () => void
}

export interface Uploads {
  running: readonly RunningUpload[]
  add: (files: readonly File[]) => void
  drop: (key: number) => void
}

export function useUploads(conversationId: string): Uploads {
  const [running, setRunning] = useState<readonly RunningUpload[]>([])
  const nextKey = useRef(1)
  const drop = (key: number) => setRunning((rows) => rows.filter((row) => row.key !== key))
  const change = (key: number, what: Partial<RunningUpload>) =>
    setRunning((rows) => rows.map((row) => (row.key === key ? { ...row, ...what } : row)))
  const start = (file: File) => {
    const key = nextKey.current++
    const aborting = new AbortController()
    const abort = () => {
      aborting.abort()
      drop(key)
    }
    setRunning((rows) => [...rows, { key, name: file.name, part: 0, problem: undefined, abort }])
    upload(file, (part) => change(key, { part }), aborting.signal).then(
      (attachment) => {
        drop(key)
        changeDraft(conversationId, { attachments: [...draftOf(conversationId).attachments, attachment] })
      },
      (error) => {
        if (!aborting.signal.aborted) change(key, { problem: wordsOf(error) })
      },
    )
  }
  const add = (files: readonly File[]) => {
    const room = FILES_MAX - draftOf(conversationId).attachments.length - running.length
    for (const file of files.slice(0, Math.max(0, room))) start(file)
  }
  return { running, add, drop }
}
