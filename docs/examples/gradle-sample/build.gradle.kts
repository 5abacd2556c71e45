// A project of a user: Gramian comes from a repository, like any other library.
// -Pgramian.repository=FOLDER: a Maven repository in a folder that has it; by default Maven's local one.
plugins {
    application
}

repositories {
    val folder = providers.gradleProperty("gramian.repository").orNull
    if (folder == null) mavenLocal() else maven { url = uri(folder) }
    mavenCentral()
}

dependencies {
    implementation(platform("io.gramian:gramian-bom:0.1.0"))
    implementation("io.gramian:gramian-java-api")
}

tasks.withType<JavaCompile>().configureEach {
    options.release = 17
}

application {
    mainClass = "sample.Main"
    // Java 24 and later: native code without a warning
    if (JavaVersion.current() >= JavaVersion.toVersion("24")) {
        applicationDefaultJvmArgs = listOf("--enable-native-access=ALL-UNNAMED")
    }
}
