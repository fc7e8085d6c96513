/** Chooses the picture of a group; its middle is taken, small, before it leaves the browser. */
import { t } from '../../languages/translate.ts'
import { avatarOf } from '../../model/groups.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'

interface PictureFieldProps {
  /** base64 of a JPEG. */
  picture: string | undefined
  choose: (picture: string) => unknown
}

export function PictureField({ picture, choose }: PictureFieldProps) {
  const reading = useAct()
  return (
    <label class="field">
      <span>{t('groups.picture')}</span>
      <input
        type="file"
        accept="image/*"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          if (file !== undefined) void reading.run(async () => choose(await avatarOf(file)))
        }}
      />
      {picture !== undefined && <small>✓</small>}
      {reading.error !== undefined && <Problem error={reading.error} />}
    </label>
  )
}
