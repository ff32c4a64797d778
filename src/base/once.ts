/**
 * What `make` makes, made when it is first asked for. For schemas: making one takes long beside reading with it, and a window that
 * opens reads with few of them.
 */
export function once<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
