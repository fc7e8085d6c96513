/** Chooses a picture of a person or a group: a file, then the part of it that is shown. Whatever is wrong is said in words. */
import { useState } from 'preact/hooks'
import { ApiProblem } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Crop } from './crop.tsx'

/** Larger ones are not decoded. */
const PICTURE_MB_MAX = 50

interface PictureChoiceProps {
  label: string
  /** Edge of the square. */
  px: number
  take: (square: Blob) => Promise<unknown>
}

export function PictureChoice({ label, px, take }: PictureChoiceProps) {
  const [picture, setPicture] = useState<ImageBitmap | undefined>(undefined)
  const reading = useAct()
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <input
          type="file"
          accept="image/*"
          disabled={reading.busy}
          onChange={({ currentTarget: field }) => {
            const file = field.files?.[0]
            if (file !== undefined) void reading.run(async () => setPicture(await read(file)))
            field.value = ''
          }}
        />
      </label>
      {reading.error !== undefined && <Problem error={reading.error} />}
      {picture !== undefined && (
        <Crop
          picture={picture}
          px={px}
          take={(square) => take(square).catch(refused)}
          onClose={() => {
            picture.close()
            setPicture(undefined)
          }}
        />
      )}
    </>
  )
}

/** Throws ApiProblem, with words for the screen. */
async function read(file: File): Promise<ImageBitmap> {
  if (file.size > PICTURE_MB_MAX * 1e6)
    throw new ApiProblem(413, 'too-large', t('picture.tooLarge', { mb: PICTURE_MB_MAX }))
  try {
    return await createImageBitmap(file)
  } catch {
    throw new ApiProblem(422, 'unreadable', t('picture.unreadable'))
  }
}

/** What is wrong with the picture, or with the server, rather than with whoever asks. */
function refused(error: unknown): never {
  const isPicture = error instanceof ApiProblem && (error.status >= 500 || error.status === 413 || error.status === 422)
  throw isPicture ? new ApiProblem(error.status, error.code, t('picture.refused')) : error
}
