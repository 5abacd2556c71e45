package io.gramian.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.gramian.backend.CheckReturnValue;
import io.gramian.backend.Numbers;
import java.util.stream.Stream;

/** Arrows between modules and packages. */
@AnalyzeClasses(packages = "io.gramian", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] CORE = {
        "io.gramian", "io.gramian.backend..", "io.gramian.loss..", "io.gramian.reference..", "io.gramian.spectrum.."
    };

    @ArchTest
    static final ArchRule modulesPointOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("io.gramian..")
            .withOptionalLayers(true)
            .layer("native")
            .definedBy("io.gramian.jni..")
            .layer("java-api")
            .definedBy(CORE)
            .layer("autograd")
            .definedBy("io.gramian.autograd..")
            .layer("models")
            .definedBy("io.gramian.models..")
            .whereLayer("models")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("autograd")
            .mayOnlyBeAccessedByLayers("models")
            .whereLayer("java-api")
            .mayOnlyBeAccessedByLayers("autograd", "models")
            .whereLayer("native")
            .mayOnlyBeAccessedByLayers("java-api");

    @ArchTest
    static final ArchRule theReferenceSharesNothing = noClasses()
            .that()
            .resideInAPackage("io.gramian.reference..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.gramian.backend..", "io.gramian.jni..", "io.gramian.loss.."))
            .because("it is the truth that the kernels are measured against");

    @ArchTest
    static final ArchRule nothingShipsTheReference = noClasses()
            .that()
            .resideInAnyPackage("io.gramian.backend..", "io.gramian.autograd..")
            .should()
            .dependOnClassesThat(resideInAPackage("io.gramian.reference.."));

    @ArchTest
    static final ArchRule packagesHaveNoCycles = slices().assignedFrom(new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                    String name = type.getPackageName();
                    // a tensor knows the backend of its device, and the backend its tensors: one slice; the libraries
                    // of CUDA stand apart only so that their classes are touched late
                    boolean core = name.equals("io.gramian.backend") || name.equals("io.gramian.backend.cuda");
                    return SliceIdentifier.of(core ? "io.gramian" : name);
                }

                @Override
                public String getDescription() {
                    return "packages, with io.gramian, io.gramian.backend and io.gramian.backend.cuda as one";
                }
            })
            .should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule noJavaCppInSignatures =
            codeUnits().that().arePublic().or().areProtected().should(haveNoJavaCppInTheirSignature());

    @ArchTest
    static final ArchRule noJavaCppInFields = fields().that()
            .arePublic()
            .or()
            .areProtected()
            .should(new ArchCondition<>("not be of a JavaCPP type") {
                @Override
                public void check(JavaField field, ConditionEvents events) {
                    if (isJavaCpp(field.getRawType()) && ownerIsApi(field.getOwner())) {
                        events.add(SimpleConditionEvent.violated(field, field.getDescription()));
                    }
                }
            });

    @ArchTest
    static final ArchRule onlyTheCommandLinePrints = noClasses()
            .that()
            .resideOutsideOfPackages("io.gramian.models.cli..", "io.gramian.jni..")
            .should()
            .callMethod(Throwable.class, "printStackTrace")
            .orShould()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err");

    @ArchTest
    static final ArchRule loggingIsSlf4j =
            noClasses().should().dependOnClassesThat(resideInAPackage("java.util.logging.."));

    @ArchTest
    static final ArchRule noReflection = noClasses()
            .that()
            .resideOutsideOfPackage("io.gramian.jni..")
            .should()
            .dependOnClassesThat(resideInAPackage("java.lang.reflect.."))
            .orShould()
            .callMethod(Class.class, "forName", String.class);

    /** In a marked class, or marked itself: Error Prone refuses the call whose numbers nobody takes. */
    @ArchTest
    static final ArchRule numbersAreNotIgnored = methods()
            .that()
            .haveRawReturnType(Numbers.class)
            .and()
            .areNotPrivate()
            .should(new ArchCondition<>("be marked with CheckReturnValue") {
                @Override
                public void check(JavaMethod method, ConditionEvents events) {
                    if (!method.isAnnotatedWith(CheckReturnValue.class)
                            && !method.getOwner().isAnnotatedWith(CheckReturnValue.class)) {
                        events.add(SimpleConditionEvent.violated(method, method.getDescription()));
                    }
                }
            });

    private static boolean ownerIsApi(JavaClass owner) {
        return owner.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC)
                && !owner.getPackageName().startsWith("io.gramian.jni");
    }

    private static boolean isJavaCpp(JavaClass type) {
        return type.getBaseComponentType().getPackageName().startsWith("org.bytedeco");
    }

    private static ArchCondition<JavaCodeUnit> haveNoJavaCppInTheirSignature() {
        return new ArchCondition<>("have no JavaCPP type in their signature") {
            @Override
            public void check(JavaCodeUnit unit, ConditionEvents events) {
                boolean found = Stream.concat(unit.getRawParameterTypes().stream(), Stream.of(unit.getRawReturnType()))
                        .anyMatch(ArchitectureTest::isJavaCpp);
                if (found && ownerIsApi(unit.getOwner())) {
                    events.add(SimpleConditionEvent.violated(unit, unit.getDescription()));
                }
            }
        };
    }
}
