/** Hands a file in for a message to come, and tells how far it is (which `fetch` cannot). */
import { t } from '../languages/translate.ts'
import { ApiProblem, authorityHeaders, problemOf } from './client.ts'
import type { Attachment } from './types.ts'

/** `progress`: from 0 to 1. Rejects with ApiProblem, also when `signal` aborts it. */
export function upload(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const unreachable = () => reject(new ApiProblem(0, 'unreachable', t('problem.unreachable')))
    request.open('POST', `/api/v1/media?file_name=${encodeURIComponent(file.name.slice(0, 255))}`)
    for (const [name, value] of Object.entries(authorityHeaders())) request.setRequestHeader(name, value)
    request.setRequestHeader('Content-Type', file.type === '' ? 'application/octet-stream' : file.type)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total))
    request.addEventListener('error', unreachable)
    request.addEventListener('abort', unreachable)
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(request.response as Attachment)
      else reject(problemOf(request.status, request.response))
    })
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
