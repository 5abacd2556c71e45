/** Networks, systems, data, training, evaluation, reports and the command line. */
module io.gramian.models {
    requires static org.jspecify;
    requires transitive com.fasterxml.jackson.databind;
    requires transitive info.picocli;
    requires transitive io.gramian.autograd;
    requires transitive java.desktop;
    requires com.fasterxml.jackson.core;
    requires java.net.http;
    requires java.xml;
    requires me.tongfei.progressbar;
    requires org.apache.commons.compress;
    requires org.slf4j;
    requires org.snakeyaml.engine;

    exports io.gramian.models.augment;
    exports io.gramian.models.backbone;
    exports io.gramian.models.cli;
    exports io.gramian.models.collapse;
    exports io.gramian.models.config;
    exports io.gramian.models.data;
    exports io.gramian.models.eval;
    exports io.gramian.models.format;
    exports io.gramian.models.head;
    exports io.gramian.models.report;
    exports io.gramian.models.ssl;
    exports io.gramian.models.train;

    opens io.gramian.models.cli to
            info.picocli;
}
