/** Places in a stream: counted from 0 (the SYN) without an end inside, modulo 2^32 on the wire (RFC 9293 §3.4). */

/** The place that a 32-bit number means: the one nearest to a place that is known. `first`: the number of place 0. */
export function placeOf(wire: number, first: number, near: number): number {
  return near + ((wire - first - near) | 0)
}

/** The 32-bit number of a place. */
export function wireOf(place: number, first: number): number {
  return (first + place) >>> 0
}
