/** A person or a group: their picture where there is one, else letters on a coloured disc. */
import { useState } from 'preact/hooks'
import { hueOf, initials } from '../model/people.ts'
import { UserRound, UsersRound } from './icons.ts'

interface AvatarProps {
  id: string
  name: string
  isGroup: boolean
  size?: 'small' | 'large'
  /** Of the picture; where it cannot be had, letters stand in its place. */
  url?: string | null
}

export function Avatar({ id, name, isGroup, size, url = null }: AvatarProps) {
  const [missing, setMissing] = useState<string | undefined>(undefined)
  const letters = isGroup ? '' : initials(name)
  return (
    <span class={`avatar hue-${hueOf(id)} ${size ?? ''}`} aria-hidden="true" translate={false}>
      {url !== null && url !== missing ? (
        <img key={url} src={url} alt="" loading="lazy" onError={() => setMissing(url)} />
      ) : letters === '' ? (
        isGroup ? (
          <UsersRound />
        ) : (
          <UserRound />
        )
      ) : (
        letters
      )}
    </span>
  )
}
