package io.gramian.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method, or all of a class, whose result does nothing by itself, as {@link Numbers}: to ignore it is a mistake, which Error
 * Prone, here and in a user's build, refuses to compile. It knows the annotation by this name, whatever the package.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface CheckReturnValue {}
