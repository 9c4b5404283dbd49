package dev.flotilla.benchmarks.report;

import dev.flotilla.benchmarks.run.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The results of one day: {@code SUITE.json} as JMH wrote it, {@code SUITE.svg}, {@code runs.txt}
 * with the revision and the command of every run, and {@code README.md}, which shows all of it and
 * is made anew after each run.
 */
public final class ResultDirectory {

  private static final String RUNS = "runs.txt";

  private final Path path;

  public ResultDirectory(Path path) throws IOException {
    this.path = Files.createDirectories(path);
  }

  public Path path() {
    return path;
  }

  /** Notes a run before it begins. */
  public void began(String line) throws IOException {
    Files.writeString(
        path.resolve(RUNS), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /**
   * Makes pictures and page of all results that are there.
   *
   * @param suites all suites, in the order of the page; those without results are left out
   * @param engines the names of engines, for the pictures
   * @return all figures
   */
  public Figures publish(List<Suite> suites, List<String> engines, Machine machine)
      throws IOException {
    List<Figure> all = new ArrayList<>();
    StringBuilder pictures = new StringBuilder();
    for (Suite suite : suites) {
      Path json = path.resolve(suite.name() + ".json");
      if (Files.exists(json)) {
        Figures figures = Figures.read(json);
        String svg = new BarChart(engines).draw(suite.title(), figures.comparisons());
        Files.writeString(path.resolve(suite.name() + ".svg"), svg);
        pictures.append("![%s](%s.svg)%n".formatted(suite.title(), suite.name()));
        all.addAll(figures.all());
      }
    }
    Figures figures = new Figures(all);
    Files.writeString(path.resolve("README.md"), page(new Report(figures), pictures, machine));
    return figures;
  }

  private String page(Report report, StringBuilder pictures, Machine machine) throws IOException {
    Path runs = path.resolve(RUNS);
    return """
    # Results of %s

    Ratios hold within one row; times are of this machine:

    - %s

    Runs (time, revision, command):

    ```
    %s
    ```

    ## Figures to reach

    %s
    ## Engines beside baselines

    A number below `/ NAME` says how many times as fast the engine is as that baseline, which did the same with the same
    bytes in the same minutes. `heap` is what one operation allocates, all threads together. benchmarks/README.md says
    what each row does.

    %s
    ## Pictures

    %s\
    """
        .formatted(
            path.getFileName(),
            String.join("\n- ", machine.lines()),
            Files.exists(runs) ? Files.readString(runs).strip() : "",
            report.goals(),
            report.ratios(),
            pictures);
  }
}
