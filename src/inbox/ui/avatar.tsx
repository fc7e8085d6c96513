/** A person or a group as a coloured disc; the picture of a group where it has one. */
import { hueOf, initials } from '../model/people.ts'
import { UserRound, UsersRound } from './icons.ts'

interface AvatarProps {
  id: string
  name: string
  isGroup: boolean
  size?: 'small' | 'large'
}

export function Avatar({ id, name, isGroup, size }: AvatarProps) {
  const letters = isGroup ? '' : initials(name)
  return (
    <span class={`avatar hue-${hueOf(id)} ${size ?? ''}`} aria-hidden="true" translate={false}>
      {letters === '' ? isGroup ? <UsersRound /> : <UserRound /> : letters}
    </span>
  )
}
