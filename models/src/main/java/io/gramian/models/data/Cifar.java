package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009), as its page describes it (cs.toronto.edu/~kriz/cifar.html):
 * records without anything between them, of the class (CIFAR-100: of the superclass, then the class) in a byte each and 1024
 * bytes for red, green and blue each, row by row; files of 10,000 records, 30,730,000 bytes, for CIFAR-10, of 50,000 and 10,000
 * for CIFAR-100. Read from a folder with the files or from the .tar.gz as it is distributed.
 *
 * @param name as a user types it
 * @param folder that the archive unpacks to
 * @param archive its file name
 * @param labelBytes bytes before the pixels; the last of them is the class
 * @param recordsPerFile images in each file
 * @param trainFiles names of the training files
 * @param testFile name of the test file
 * @param classNames one for each class
 */
record Cifar(
        String name,
        String folder,
        String archive,
        int labelBytes,
        int recordsPerFile,
        List<String> trainFiles,
        String testFile,
        List<String> classNames) {
    private static final int SIDE = 32;
    private static final int PIXELS = SIDE * SIDE;

    static final Cifar TEN = new Cifar(
            "cifar10",
            "cifar-10-batches-bin",
            "cifar-10-binary.tar.gz",
            1,
            10_000,
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            "test_batch.bin",
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"));

    static final Cifar HUNDRED = new Cifar(
            "cifar100",
            "cifar-100-binary",
            "cifar-100-binary.tar.gz",
            2,
            0,
            List.of("train.bin"),
            "test.bin",
            List.of(
                    ("apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can"
                                    + " castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur"
                                    + " dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard"
                                    + " lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter"
                                    + " palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road"
                                    + " rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower"
                                    + " sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale"
                                    + " willow_tree wolf woman worm")
                            .split(" ")));

    /** Images in one file. CIFAR-100 has one file of 50,000 and one of 10,000, CIFAR-10 six of 10,000. */
    private int records(String file) {
        return recordsPerFile > 0 ? recordsPerFile : file.equals(testFile) ? 10_000 : 50_000;
    }

    private long recordBytes() {
        return labelBytes + 3L * PIXELS;
    }

    /** Opens a part from a folder with the files, a folder around it, or a folder with the archive. */
    ImageDataset open(Path dataDir, boolean train) {
        List<String> files = train ? trainFiles : List.of(testFile);
        Builder builder = new Builder(files);
        try {
            fill(dataDir, files, builder);
            return new PackedDataset(name + (train ? "/train" : "/test"), builder.pixels, builder.labels, classNames);
        } catch (IOException failure) {
            builder.pixels.close();
            throw new GramianException(
                    dataDir + ": could not be read: " + failure.getMessage() + "; get it again", failure);
        } catch (RuntimeException failure) {
            builder.pixels.close();
            throw failure;
        }
    }

    private void fill(Path dataDir, List<String> files, Builder builder) throws IOException {
        for (Path place :
                List.of(dataDir, dataDir.resolve(folder), dataDir.resolve(name).resolve(folder))) {
            if (Files.isRegularFile(place.resolve(files.get(0)))) {
                for (String file : files) {
                    builder.read(place.resolve(file), file);
                }
                return;
            }
        }
        for (Path place :
                List.of(dataDir, dataDir.resolve(archive), dataDir.resolve(name).resolve(archive))) {
            if (Files.isRegularFile(place)) {
                fillFromArchive(place, files, builder);
                return;
            }
        }
        throw new GramianException(dataDir + ": expected " + files.get(0) + ", the folder " + folder + " or " + archive
                + ", got none of them; download the binary version of " + name
                + " and give its folder with --data-dir");
    }

    private void fillFromArchive(Path path, List<String> files, Builder builder) throws IOException {
        boolean[] found = new boolean[files.size()];
        try (InputStream zipped = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(zipped, 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String file = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                int index = files.indexOf(file);
                if (index >= 0 && !found[index]) {
                    found[index] = true;
                    builder.read(tar, entry.getSize(), path + "!" + file, file);
                }
            }
        } catch (GramianException | IOException known) {
            throw known;
        } catch (RuntimeException damaged) {
            // the archive library reports some damage so
            throw new IOException("the archive is damaged (" + damaged.getMessage() + ")", damaged);
        }
        for (int i = 0; i < found.length; i++) {
            if (!found[i]) {
                throw new GramianException(path + ": expected " + files.get(i) + " inside, got an archive without it;"
                        + " download the binary version of " + name);
            }
        }
    }

    /** Collects records in the order of the file names. */
    private final class Builder {
        private final List<String> files;
        private final Tensor pixels;
        private final int[] labels;

        Builder(List<String> files) {
            this.files = files;
            int total = files.stream().mapToInt(Cifar.this::records).sum();
            pixels = Scope.detach(Tensor.empty(Device.cpu(), DType.UINT8, total, SIDE, SIDE, 3));
            labels = new int[total];
        }

        void read(Path path, String file) throws IOException {
            if (!Files.isRegularFile(path)) {
                throw new GramianException(path + ": expected this file of " + name
                        + " beside the others, but there is none;" + " unpack the archive again");
            }
            try (InputStream stream = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
                read(stream, Files.size(path), path.toString(), file);
            }
        }

        void read(InputStream stream, long bytes, String shown, String file) throws IOException {
            long expected = records(file) * recordBytes();
            if (bytes != expected) {
                throw new GramianException(
                        shown + ": expected " + expected + " bytes, " + records(file) + " records of " + recordBytes()
                                + ", got " + bytes + "; the file is cut off or of another data set");
            }
            int at = files.subList(0, files.indexOf(file)).stream()
                    .mapToInt(Cifar.this::records)
                    .sum();
            byte[] record = new byte[(int) recordBytes()];
            byte[] image = new byte[3 * PIXELS];
            for (int i = at; i < at + records(file); i++) {
                if (stream.readNBytes(record, 0, record.length) < record.length) {
                    throw new GramianException(
                            shown + ": expected " + expected + " bytes, but it ends before; get it again");
                }
                labels[i] = record[labelBytes - 1] & 0xff;
                if (labels[i] >= classNames.size()) {
                    throw new GramianException(shown + ": expected labels below " + classNames.size() + ", got "
                            + labels[i] + " in record " + (i - at) + "; the file is damaged or of another data set");
                }
                for (int pixel = 0; pixel < PIXELS; pixel++) {
                    for (int c = 0; c < 3; c++) {
                        image[3 * pixel + c] = record[labelBytes + c * PIXELS + pixel];
                    }
                }
                pixels.putBytes((long) i * image.length, ByteBuffer.wrap(image));
            }
        }
    }
}
