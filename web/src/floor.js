// The floor of a cell: squares of half a metre that stay where they are while a walker is followed.

const SQUARE = 0.5;

export function floorLines(cell, { roomOf, figuresOf }, line) {
  const { wide } = roomOf(cell);
  const [lead] = figuresOf(cell);
  const half = Math.max(Math.ceil(wide / SQUARE) * SQUARE, 1);
  const off = (shift) => ((shift % SQUARE) + SQUARE) % SQUARE;
  const [dx, dz] = lead ? [off(lead.slideX), off(lead.slideZ)] : [0, 0];
  const a = [0, 0, 0], b = [0, 0, 0];
  for (let at = -half; at <= half + 1e-6; at += SQUARE) {
    if (at + dx <= half + 1e-6) {
      [a[0], a[2], b[0], b[2]] = [at + dx, -half, at + dx, half];
      line(a, b);
    }
    if (at + dz <= half + 1e-6) {
      [a[0], a[2], b[0], b[2]] = [-half, at + dz, half, at + dz];
      line(a, b);
    }
  }
}
