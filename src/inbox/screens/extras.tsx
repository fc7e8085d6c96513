/** Draws what lies over all screens: the list of places and keys, and in the sandbox the simulator. */
import type { Signal } from '@preact/signals'
import { Later } from '../ui/later.tsx'
import { maySimulate, paletteOpen, simOpen } from './layers.ts'

export function Extras() {
  const closing = (open: Signal<boolean>) => ({
    onClose: () => {
      open.value = false
    },
  })
  return (
    <>
      {simOpen.value && maySimulate() && <Later name="sim" with={closing(simOpen)} />}
      {paletteOpen.value && <Later name="palette" with={closing(paletteOpen)} />}
    </>
  )
}
