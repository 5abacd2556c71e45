package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The build compiles on the class path: that the module descriptors say what the classes need and offer is checked here. */
class ModuleDescriptorsTest {
    private static final Set<String> INTERNAL =
            Set.of("io.gramian.backend.cuda", "io.gramian.jni", "io.gramian.jni.presets");

    private static final Map<String, ModuleReference> OURS = modules(JavaProcess.classPath().stream()
            .filter(jar ->
                    jar.getFileName().toString().matches("gramian-(native|java-api|autograd|models)-[0-9.]+\\.jar"))
            .toList());

    private static final Map<String, ModuleReference> ALL = modules(JavaProcess.classPath().stream()
            .filter(jar -> jar.toString().endsWith(".jar"))
            .filter(jar -> !jar.getFileName().toString().matches("gramian-cuda-kernels.*|.*-simt\\.jar"))
            .toList());

    private static Map<String, ModuleReference> modules(List<Path> jars) {
        ModuleFinder finder = ModuleFinder.of(jars.toArray(Path[]::new));
        Map<String, ModuleReference> modules = new TreeMap<>();
        finder.findAll().forEach(module -> modules.put(module.descriptor().name(), module));
        return modules;
    }

    @Test
    void everyJarHasADescriptor() {
        assertThat(OURS.keySet())
                .contains("io.gramian", "io.gramian.autograd", "io.gramian.jni", "io.gramian.models")
                .allMatch(name -> !OURS.get(name).descriptor().isAutomatic());
    }

    @Test
    void noPackageIsInTwoModules() {
        Map<String, String> owners = new HashMap<>();
        for (ModuleReference module : OURS.values()) {
            for (String name : module.descriptor().packages()) {
                assertThat(owners.put(name, module.descriptor().name()))
                        .as(name)
                        .isNull();
            }
        }
    }

    @Test
    void everyPackageButTheInternalOnesIsExported() {
        for (ModuleReference module : OURS.values()) {
            Set<String> exported = module.descriptor().exports().stream()
                    .filter(export -> !export.isQualified())
                    .map(ModuleDescriptor.Exports::source)
                    .collect(Collectors.toSet());
            Set<String> expected = new HashSet<>(module.descriptor().packages());
            expected.removeAll(INTERNAL);
            assertThat(exported)
                    .as("exports of " + module.descriptor().name()
                            + ": add new packages to src/main/module/module-info.java")
                    .isEqualTo(expected);
        }
    }

    @Test
    void whatTheClassesUseIsRequired() throws IOException {
        Map<String, String> owners = new HashMap<>();
        for (ModuleReference module : ALL.values()) {
            module.descriptor()
                    .packages()
                    .forEach(name -> owners.put(name, module.descriptor().name()));
        }
        for (ModuleReference module : ModuleFinder.ofSystem().findAll()) {
            module.descriptor()
                    .packages()
                    .forEach(name -> owners.put(name, module.descriptor().name()));
        }
        for (ModuleReference module : OURS.values()) {
            String name = module.descriptor().name();
            Set<String> missing = new TreeSet<>(used(module, owners));
            assertThat(missing).as("modules that " + name + " uses").contains(name, "java.base");
            missing.removeAll(readable(module.descriptor()));
            assertThat(missing)
                    .as("modules that " + name + " uses and its src/main/module/module-info.java does not require")
                    .isEmpty();
        }
    }

    private static Set<String> used(ModuleReference module, Map<String, String> owners) throws IOException {
        Set<String> used = new TreeSet<>();
        ClassFileImporter importer = new ClassFileImporter(List.of(new ImportOption.DoNotIncludePackageInfos()));
        try (JarFile jar = new JarFile(Path.of(module.location().orElseThrow()).toFile())) {
            for (JavaClass type : importer.importJar(jar)) {
                type.getDirectDependenciesFromSelf().forEach(dependency -> {
                    String owner = owners.get(
                            dependency.getTargetClass().getBaseComponentType().getPackageName());
                    if (owner != null) {
                        used.add(owner);
                    }
                });
                used.add(owners.get(type.getPackageName()));
            }
        }
        return used;
    }

    /** The module itself, java.base, what it requires, and what that requires transitively. */
    private static Set<String> readable(ModuleDescriptor module) {
        Set<String> readable = new HashSet<>(Set.of(module.name(), "java.base"));
        module.requires().forEach(requires -> addWithTransitive(requires.name(), readable));
        return readable;
    }

    private static void addWithTransitive(String name, Set<String> readable) {
        if (!readable.add(name)) {
            return;
        }
        ModuleReference module = ALL.containsKey(name)
                ? ALL.get(name)
                : ModuleFinder.ofSystem().find(name).orElse(null);
        if (module != null) {
            module.descriptor().requires().stream()
                    .filter(requires -> requires.modifiers().contains(ModuleDescriptor.Requires.Modifier.TRANSITIVE))
                    .forEach(requires -> addWithTransitive(requires.name(), readable));
        }
    }
}
