package io.gramian.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Linux says of its mounts (proc(5), mountinfo): whether programs and libraries of a folder may run. */
final class MountTable {
    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    /** Blanks, tabs, line ends and backslashes of a path stand as three octal digits. */
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");
    /** Fields of a line: number, parent, device, root, mount point, options. */
    private static final int MOUNT_POINT = 4;

    private MountTable() {}

    /** Whether the folder, which exists, lies on a mount with option noexec. Without a table: no. */
    static boolean noexec(Path folder) {
        try {
            return noexec(Files.readAllLines(TABLE), folder.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /** The same by a table: the longest mount point above the folder counts, of two mounts on one point the later. */
    static boolean noexec(List<String> table, Path folder) {
        Path longest = null;
        boolean noexec = false;
        for (String line : table) {
            String[] fields = line.split(" ");
            if (fields.length <= MOUNT_POINT + 1) {
                continue;
            }
            Path mount = Path.of(unescaped(fields[MOUNT_POINT]));
            if (folder.startsWith(mount) && (longest == null || mount.getNameCount() >= longest.getNameCount())) {
                longest = mount;
                noexec = List.of(fields[MOUNT_POINT + 1].split(",")).contains("noexec");
            }
        }
        return noexec;
    }

    private static String unescaped(String field) {
        return OCTAL.matcher(field)
                .replaceAll(found -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(found.group(1), 8))));
    }
}
