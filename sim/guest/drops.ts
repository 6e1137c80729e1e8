/** How a packet can end in a guest. */
export type GuestDrop = 'inside-guest'

export const GUEST_DROPS: Readonly<Record<GuestDrop, string>> = {
  'inside-guest':
    'It went into a real kernel and did not come out: thrown away there, or meant for the machine itself.',
}
