/**
 * A sound or a film, played in place: what browsers do not know as the copy that the gateway makes of it; and where none can
 * be had, the file to be saved, with the reason.
 */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ask, wordsOf } from '../api/client.ts'
import type { Attachment } from '../api/types.ts'
import { t } from '../languages/translate.ts'

interface RecordingProps {
  file: Attachment
  name: string
  /** Stands in its place where it cannot be played. */
  children: ComponentChildren
}

export function Recording({ file, name, children }: RecordingProps) {
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const url = file.playable_url ?? file.url ?? ''
  const type = file.content_type ?? ''
  if (problem !== undefined) {
    return (
      <>
        {children}
        <p class="file-note" role="status">
          {t('file.notPlayed')} <span translate={false}>{problem}</span>
        </p>
      </>
    )
  }
  // The player says only that it failed; why there is no copy is in the answer.
  const failed = () => {
    if (file.playable_url === null) setProblem('')
    else
      void ask('GET', file.playable_url).then(
        () => setProblem(''),
        (error: unknown) => setProblem(wordsOf(error)),
      )
  }
  // Whoever sends a film or a sound to a gateway rarely sends captions with it.
  return type.startsWith('audio/') ? (
    <audio class="sound" controls preload="none" src={url} aria-label={t('file.voice')} onError={failed}>
      <track kind="captions" />
    </audio>
  ) : (
    <video
      class="film"
      controls
      // A copy is made when somebody wants to see it, not when it comes into view.
      preload={file.playable_url === null ? 'metadata' : 'none'}
      src={url}
      aria-label={name}
      onError={failed}
    >
      <track kind="captions" />
    </video>
  )
}
