package io.gramian.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Length of methods and presence of Javadoc, read from the syntax trees. */
class JavaSourceTest {
    private static final int METHOD_LINES = 60;

    @Test
    void methodsAreShort() throws IOException {
        List<Path> files = new ArrayList<>(SourceTree.java("main"));
        files.addAll(SourceTree.java("test"));
        assertThat(scan(files).longMethods)
                .as("methods over " + METHOD_LINES + " lines")
                .isEmpty();
    }

    @Test
    void whatIsPublicHasJavadoc() throws IOException {
        assertThat(scan(SourceTree.java("main")).undocumented)
                .as("public types and methods without Javadoc")
                .isEmpty();
    }

    private static Scanner scan(List<Path> files) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask)
                    compiler.getTask(null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
            Scanner scanner = new Scanner(DocTrees.instance(task));
            for (CompilationUnitTree unit : task.parse()) {
                scanner.scan(unit, null);
            }
            return scanner;
        }
    }

    private static final class Scanner extends TreePathScanner<Void, Void> {
        final List<String> longMethods = new ArrayList<>();
        final List<String> undocumented = new ArrayList<>();
        private final DocTrees trees;
        private final SourcePositions positions;
        /** Whether the types around are visible to a user, innermost first; and whether their members are so by default. */
        private final Deque<boolean[]> types = new ArrayDeque<>();

        Scanner(DocTrees trees) {
            this.trees = trees;
            this.positions = trees.getSourcePositions();
        }

        @Override
        public Void visitClass(ClassTree type, Void unused) {
            boolean api = visible(type.getModifiers());
            if (api && !type.getSimpleName().isEmpty()) {
                requireComment("type " + type.getSimpleName());
            }
            boolean isInterface = type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
            types.push(new boolean[] {api, isInterface});
            super.visitClass(type, null);
            types.pop();
            return null;
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            long lines = line(positions.getEndPosition(getCurrentPath().getCompilationUnit(), method))
                    - line(positions.getStartPosition(getCurrentPath().getCompilationUnit(), method))
                    + 1;
            if (lines > METHOD_LINES) {
                longMethods.add(where() + ": " + method.getName() + ", " + lines + " lines");
            }
            boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals("Override"));
            boolean constructor = method.getName().contentEquals("<init>");
            if (visible(method.getModifiers()) && !overrides && !constructor) {
                requireComment("method " + method.getName());
            }
            // an anonymous or local class in the body is nobody's interface
            types.push(new boolean[] {false, false});
            super.visitMethod(method, null);
            types.pop();
            return null;
        }

        private boolean visible(ModifiersTree modifiers) {
            if (!types.isEmpty() && !types.peek()[0]) {
                return false;
            }
            boolean byDefault =
                    !types.isEmpty() && types.peek()[1] && !modifiers.getFlags().contains(Modifier.PRIVATE);
            return byDefault
                    || modifiers.getFlags().contains(Modifier.PUBLIC)
                    || modifiers.getFlags().contains(Modifier.PROTECTED);
        }

        private void requireComment(String what) {
            String comment = trees.getDocComment(getCurrentPath());
            if (comment == null || comment.isBlank()) {
                undocumented.add(where() + ": " + what);
            }
        }

        private String where() {
            CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
            Path file = Path.of(unit.getSourceFile().toUri());
            return SourceTree.relative(file) + ":"
                    + line(positions.getStartPosition(unit, getCurrentPath().getLeaf()));
        }

        private long line(long position) {
            return getCurrentPath().getCompilationUnit().getLineMap().getLineNumber(position);
        }
    }
}
