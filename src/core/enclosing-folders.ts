/**
 * Yields the folders that contain a relative path with `/` between its parts, the nearest first.
 * The root is not one of them.
 */
export function* enclosingFolders(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    yield path.slice(0, end);
}
