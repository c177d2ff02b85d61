import type { FileSystem } from "./file-system";

/**
 * Measures the calls that readers wait for.
 *
 * @param onCall Called after each listing and each read, failed ones included.
 */
export function measureFileSystem(
  fileSystem: FileSystem,
  onCall: (operation: "list" | "read", seconds: number) => void,
): FileSystem {
  const measured =
    <A extends unknown[], T>(
      operation: "list" | "read",
      call: (...args: A) => Promise<T>,
    ) =>
    async (...args: A): Promise<T> => {
      const begin = performance.now();
      try {
        return await call(...args);
      } finally {
        onCall(operation, (performance.now() - begin) / 1000);
      }
    };
  return {
    ...fileSystem,
    readdir: measured("list", fileSystem.readdir),
    readFile: measured("read", fileSystem.readFile),
  };
}
