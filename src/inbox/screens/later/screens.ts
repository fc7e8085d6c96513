/** The screens that are fetched together, when the first of them is wanted: small pieces would compress badly. */
import { Wizard } from '../first/wizard.tsx'
import { GroupSheet } from '../groups/group-sheet.tsx'
import { NewGroup } from '../groups/new-group.tsx'
import { Settings } from '../settings/settings.tsx'
import { SimPanel } from '../sim/panel.tsx'
import { Doctor } from '../watch/doctor.tsx'
import { Logs } from '../watch/logs.tsx'
import { Queue } from '../watch/queue.tsx'
import { Gallery } from './gallery.tsx'
import { Palette } from './palette.tsx'
import { Person } from './person.tsx'

export const screens = {
  group: NewGroup,
  settings: Settings,
  setup: Wizard,
  queue: Queue,
  doctor: Doctor,
  logs: Logs,
  sheet: GroupSheet,
  gallery: Gallery,
  palette: Palette,
  person: Person,
  sim: SimPanel,
}
