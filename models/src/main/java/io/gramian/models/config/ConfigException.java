package io.gramian.models.config;

/** A setting that is unknown, of the wrong type or out of range: something the user can correct, in one sentence. */
public final class ConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception that names the setting, what is allowed and what came. */
    public ConfigException(String message) {
        super(message);
    }
}
