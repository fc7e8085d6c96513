/**
 * The order in which sizes and qualities of a picture are tried until it fits, and why that ends: so many edges, and for
 * each of them at most so many qualities. A copy that is larger and coarser is preferred to one that is small and fine.
 */

/** Longer side in pixels; phones show no more than the first. */
export const EDGES: readonly number[] = [2048, 1600, 1280, 1024, 800, 640, 480, 320, 240, 160]
/** JPEG qualities, best first. */
export const QUALITIES: readonly number[] = [90, 80, 70, 60, 50]

/** The edges below the one that the picture has, with that one in front. */
export function edgesFrom(longEdge: number): readonly number[] {
  const first = Math.min(longEdge, EDGES[0] ?? longEdge)
  return [first, ...EDGES.filter((edge) => edge < first)]
}

/**
 * The first copy that has no more than `bytesMax` octets, edges in order and on each the best quality. The worst quality
 * is asked second: where not even that fits, the others are not tried (octets fall with quality).
 */
export async function firstThatFits(
  edges: readonly number[],
  bytesMax: number,
  encode: (edge: number, quality: number) => Promise<Uint8Array>,
): Promise<{ octets: Uint8Array; edge: number; quality: number } | undefined> {
  const [best = 90, ...lower] = QUALITIES
  const worst = lower.pop() ?? best
  for (const edge of edges) {
    const finest = await encode(edge, best)
    if (finest.length <= bytesMax) return { octets: finest, edge, quality: best }
    const coarsest = await encode(edge, worst)
    if (coarsest.length > bytesMax) continue
    for (const quality of lower) {
      const octets = await encode(edge, quality)
      if (octets.length <= bytesMax) return { octets, edge, quality }
    }
    return { octets: coarsest, edge, quality: worst }
  }
  return undefined
}
