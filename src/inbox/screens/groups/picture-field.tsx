/** Chooses the picture of a group. */
import { t } from '../../languages/translate.ts'
import { AVATAR_PX, base64Of } from '../../model/groups.ts'
import { PictureChoice } from '../later/picture-choice.tsx'

interface PictureFieldProps {
  /** base64 of a JPEG. */
  picture: string | undefined
  choose: (picture: string) => unknown
}

export function PictureField({ picture, choose }: PictureFieldProps) {
  return (
    <>
      <PictureChoice
        label={t('groups.picture')}
        px={AVATAR_PX}
        take={async (square) => await choose(await base64Of(square))}
      />
      {picture !== undefined && <small>✓</small>}
    </>
  )
}
